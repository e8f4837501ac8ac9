import { once } from 'node:events'
import { connect as connectSocket, type AddressInfo, type Socket } from 'node:net'
import { createServer as createTlsServer, type SecureVersion } from 'node:tls'
import { describe, expect } from 'vitest'
import type { NodeTarget } from '../../src/connection/connection.js'
import { ConnectionError, ProtocolError } from '../../src/errors.js'
import { eventually } from '../../src/lab/index.js'
import { makeAuthority, makeCertificate, makeSelfSigned } from '../support/certificates.js'
import { test as base, bytes, lossOf, patient, text, within } from '../support/connection.js'
import { MiB } from '../support/heap.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'
import { startTlsServer } from '../support/tls-server.js'

const test = base
  .extend('authority', { scope: 'file' }, ({ lab }) => makeAuthority(lab.folder, 'authority'))
  .extend('certificate', { scope: 'file' }, ({ lab, authority }) =>
    makeCertificate(lab.folder, authority, 'DNS:localhost,IP:127.0.0.1'),
  )
  .extend('tlsServer', { scope: 'file' }, ({ lab, certificate }) => startTlsServer(lab, certificate))

describe('over TLS', () => {
  test('a connection works, and is named and placed as any other', async ({ authority, tlsServer, connect }) => {
    const connection = await connect(tlsServer.secure, {
      tls: { ca: authority.cert },
      clientName: 'web-1',
      database: 2,
    })
    expect(connection.address).toBe(`127.0.0.1:${tlsServer.secure.port}`)
    expect(await connection.execute(text('CLIENT', 'INFO'), patient())).toMatch(
      new RegExp(` laddr=127.0.0.1:${tlsServer.secure.port} .* name=web-1 .* db=2 `),
    )
  })

  test('values of any size, as text and bytes, come back as they were', async ({ authority, tlsServer, connect }) => {
    const connection = await connect(tlsServer.secure, { tls: { ca: authority.cert } })
    const values = ['日本語', 'é'.repeat(20_000), Buffer.alloc(70_000, 0xfe), Buffer.alloc(20 * MiB, 'abc')]
    const sets = values.map((value, index) => connection.execute(text('SET', `k${index}`, value), patient()))
    const gets = values.map((_, index) => connection.execute(bytes('GET', `k${index}`), patient()))
    expect(await Promise.all(sets)).toStrictEqual(values.map(() => 'OK'))
    for (const [index, value] of (await Promise.all(gets)).entries()) {
      expect((value as Buffer).equals(Buffer.from(values[index] as string)), `value ${index}`).toBe(true)
    }
  })

  test('ten thousand commands of one tick get their own replies', async ({ authority, tlsServer, connect }) => {
    const connection = await connect(tlsServer.secure, { tls: { ca: authority.cert } })
    const numbers = Array.from({ length: 10_000 }, (_, index) => String(index))
    const echoes = numbers.map((number) => connection.execute(text('ECHO', number), patient()))
    expect(await Promise.all(echoes)).toStrictEqual(numbers)
  })

  test('a loss is noticed at once', async ({ lab, authority, certificate, connect }) => {
    const { server, secure } = await startTlsServer(lab, certificate)
    const connection = await connect(secure, { tls: { ca: authority.cert } })
    server.pause()
    const due = rejection(connection.execute(text('PING'), patient()))
    const lost = lossOf(connection)
    await server.kill()
    expect((await due).error).toMatchObject({ code: 'E_INTERRUPTED', sent: true, cause: await lost })
  })
})

describe('a certificate', () => {
  test('of an unknown authority is refused, with the reason', async ({ tlsServer, connect }) => {
    const { error } = await rejection(connect(tlsServer.secure, { tls: true }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } })
    expect((error as Error).message).toMatch(/^127\.0\.0\.1:\d+: .*unable to verify the first certificate/)
    expect((error as Error).message).not.toMatch(/is the server up/)
    expect((error as Error).message).toMatch(/tls\.ca/)
  })

  test('that is self-signed is refused, with the reason', async ({ lab, connect }) => {
    const { secure } = await startTlsServer(lab, await makeSelfSigned(lab.folder, 'IP:127.0.0.1'))
    const { error } = await rejection(connect(secure, { tls: true }))
    expect(error).toMatchObject({ code: 'E_CONNECTION', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
    expect((error as Error).message).toContain('self-signed certificate')
  })

  test('of another authority is refused, though one is given', async ({ lab, tlsServer, connect }) => {
    const other = await makeAuthority(lab.folder, 'other-authority')
    await expect(connect(tlsServer.secure, { tls: { ca: other.cert } })).rejects.toBeInstanceOf(ConnectionError)
  })

  test('is not asked for where the user says so', async ({ tlsServer, connect }) => {
    const connection = await connect(tlsServer.secure, { tls: { rejectUnauthorized: false } })
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
  })

  test('is checked against the host as it was given, a name or an address', async ({
    authority,
    tlsServer,
    connect,
  }) => {
    const tls = { ca: authority.cert }
    for (const host of ['localhost', '127.0.0.1']) {
      const connection = await connect({ ...tlsServer.secure, host }, { tls })
      expect(await connection.execute(text('PING'), patient())).toBe('PONG')
    }
  })

  test('for another host is refused, with the name that it lacks', async ({ lab, authority, connect }) => {
    const other = await makeCertificate(lab.folder, authority, 'DNS:valkey.example')
    const { secure } = await startTlsServer(lab, other)
    for (const host of ['127.0.0.1', 'localhost']) {
      const { error } = await rejection(connect({ ...secure, host }, { tls: { ca: authority.cert } }))
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error).toMatchObject({ cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
      expect((error as Error).message).toMatch(new RegExp(`: ${host}\\.? is not in the cert's`))
      expect((error as Error).message).not.toMatch(/is the server up/)
    }
  })

  test('is checked against servername where one is given', async ({ lab, authority, tlsServer, connect }) => {
    const { secure } = await startTlsServer(lab, await makeCertificate(lab.folder, authority, 'DNS:valkey.example'))
    const tls = { ca: authority.cert, servername: 'valkey.example' }
    const connection = await connect(secure, { tls })
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
    await expect(connect(tlsServer.secure, { tls })).rejects.toMatchObject({
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })
})

describe('the connect deadline', () => {
  const connectTimeout = 200

  test('covers a server that accepts TCP and never begins TLS', async ({ connect, impostor }) => {
    const sockets: Socket[] = []
    const target = await impostor((socket) => sockets.push(socket.resume()))
    using watch = new Stopwatch()
    const start = performance.now()
    const { error, at } = await rejection(connect(target, { tls: true, connectTimeout }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toContain(`no connection within ${connectTimeout} ms`)
    expect(at - start).toBeGreaterThan(connectTimeout - 5)
    expect(watch.elapsed(at)).toBeLessThan(connectTimeout + 500)
    await eventually(() => sockets.length === 1 && sockets.every(({ destroyed }) => destroyed))
  })

  test('covers a server that freezes', async ({ lab, authority, certificate, connect }) => {
    const { server, secure } = await startTlsServer(lab, certificate)
    server.pause()
    const { error } = await rejection(connect(secure, { tls: { ca: authority.cert }, connectTimeout }))
    expect((error as Error).message).toContain(`no connection within ${connectTimeout} ms`)
  })

  test('covers a server that does TLS and then says nothing', async ({
    authority,
    certificate,
    connect,
    onTestFinished,
  }) => {
    const target = await listenTls(certificate, () => {}, onTestFinished)
    const { error } = await rejection(connect(target, { tls: { ca: authority.cert }, connectTimeout }))
    expect((error as Error).message).toContain(`no connection within ${connectTimeout} ms`)
  })

  test('and a caller that gives up in the middle of TLS gets its own reason', async ({ connect, impostor }) => {
    const caller = new AbortController()
    const target = await impostor(() => caller.abort('changed my mind'))
    const { error } = await rejection(connect(target, { tls: true, signal: caller.signal }))
    expect(error).toBe('changed my mind')
  })
})

describe('what does not fit', () => {
  test('TLS to a plain port, which waits for more, is a ConnectionError at the deadline', async ({
    server,
    connect,
  }) => {
    const { error } = await rejection(connect(server, { tls: true, connectTimeout: 200 }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toMatch(/^127\.0\.0\.1:\d+: /)
  })

  test('plain to a TLS port is a ConnectionError in time', async ({ tlsServer, connect }) => {
    const { error } = await rejection(connect(tlsServer.secure, { connectTimeout: 20_000 }))
    expect(error).toBeInstanceOf(ConnectionError)
  })

  test('a web server behind TLS is a ProtocolError', async ({ authority, certificate, connect, onTestFinished }) => {
    const target = await listenTls(
      certificate,
      (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
      onTestFinished,
    )
    const { error } = await rejection(connect(target, { tls: { ca: authority.cert } }))
    expect(error).toBeInstanceOf(ProtocolError)
  })

  test.for<SecureVersion>(['TLSv1.2', 'TLSv1.3'])(
    '%s broken right behind the handshake is a ConnectionError',
    async (maxVersion, { authority, certificate, connect, impostor, onTestFinished }) => {
      const secure = await listenTls({ ...certificate, maxVersion }, () => {}, onTestFinished)
      const lastFlight = maxVersion === 'TLSv1.2' ? 2 : 1
      const target = await impostor((client) => {
        const server = connectSocket(secure).on('error', () => {})
        onTestFinished(() => void server.destroy())
        client.pipe(server)
        let flights = 0
        server.on('data', (chunk: Buffer) => {
          const broken = ++flights === lastFlight
          client.write(broken ? Buffer.concat([chunk, Buffer.from('no TLS record at all')]) : chunk)
        })
      })
      const { error } = await rejection(connect(target, { tls: { ca: authority.cert }, connectTimeout: 20_000 }))
      expect(error).toBeInstanceOf(ConnectionError)
    },
  )
})

test('the deadline of a command holds over TLS', async ({ lab, authority, certificate, connect }) => {
  const { server, secure } = await startTlsServer(lab, certificate)
  const connection = await connect(secure, { tls: { ca: authority.cert } })
  server.pause()
  const { error } = await rejection(connection.execute(text('PING'), within(100)))
  const next = connection.execute(text('ECHO', 'mine'), patient())
  server.resume()
  expect(error).toMatchObject({ code: 'E_TIMEOUT', sent: true })
  expect(await next).toBe('mine')
})

async function listenTls(
  { cert, key, maxVersion }: { cert: string; key: string; maxVersion?: SecureVersion },
  greet: (socket: Socket) => void,
  finished: (end: () => void) => void,
): Promise<NodeTarget> {
  const sockets: Socket[] = []
  const listener = createTlsServer({ cert, key, ...(maxVersion && { maxVersion }) }, (socket) => {
    sockets.push(socket.on('error', () => {}))
    greet(socket)
  })
  listener.on('tlsClientError', () => {})
  finished(() => {
    listener.close()
    sockets.forEach((socket) => socket.destroy())
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  return { host: '127.0.0.1', port: (listener.address() as AddressInfo).port }
}

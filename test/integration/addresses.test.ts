import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectSocket, createServer, type Socket } from 'node:net'
import { describe, expect } from 'vitest'
import type { Lookup } from '../../src/connection/resp/addresses.js'
import { openSocket } from '../../src/connection/resp/socket.js'
import { ConnectionError } from '../../src/errors.js'
import { eventually } from '../../src/lab/index.js'
import { makeAuthority, makeCertificate } from '../support/certificates.js'
import { patient, test, text } from '../support/connection.js'
import { rejection } from '../support/rejection.js'
import { startTlsServer } from '../support/tls-server.js'

const host = 'valkey.example'

/** What DNS says: addresses in its order, IPv6 by their colons. */
function dns(...addresses: readonly string[]): Lookup {
  return async (name) => {
    expect(name).toBe(host)
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
}

describe('a host with several addresses', () => {
  test('is reached by the one that answers, where the others refuse', async ({ server, connect }) => {
    const lookup = dns('127.0.0.2', '::1', '127.0.0.1')
    const connection = await connect({ host, port: server.port }, { lookup })
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
    expect(connection.address).toBe(`${host}:${server.port}`)
  })

  test('is reached within its time by the last one, where the others do not answer at all', async ({
    server,
    connect,
    onTestFinished,
  }) => {
    const silent = await deafListener('127.0.0.2', server.port)
    onTestFinished(() => silent.end())
    const lookup = dns(...Array.from({ length: 8 }, () => '127.0.0.2'), '127.0.0.1')
    const connection = await connect({ host, port: server.port }, { lookup, connectTimeout: 1_000 })
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
  })

  test('of which none can be reached says so of each', async ({ server, connect }) => {
    const { port } = server
    const { error } = await rejection(connect({ host, port }, { lookup: dns('127.0.0.2', '127.0.0.3') }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ address: `${host}:${port}`, retryable: true })
    expect((error as Error).message).toMatch(
      new RegExp(
        `^${host}:${port}: none of its 2 addresses can be reached: .*REFUSED 127.0.0.2:${port}.*REFUSED 127.0.0.3:${port}`,
      ),
    )
  })

  test('that DNS does not know says its name, and what to look at', async ({ server, connect }) => {
    const cause = Object.assign(new Error(`getaddrinfo ENOTFOUND ${host}`), { code: 'ENOTFOUND' })
    const { error } = await rejection(connect({ host, port: server.port }, { lookup: () => Promise.reject(cause) }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({
      cause,
      message: expect.stringMatching(/ENOTFOUND valkey\.example; .* DNS/) as string,
    })
  })

  test('that has no address says so at once', async ({ server, connect }) => {
    const { port } = server
    for (const dialling of [connect({ host, port }, { lookup: dns() }), connect({ host: '', port })]) {
      const { error } = await rejection(dialling)
      expect(error).toMatchObject({
        code: 'E_CONNECTION',
        message: expect.stringMatching(/its host has no address; .* DNS/) as string,
      })
    }
  })

  test('whose DNS does not answer is late with that', async ({ server, connect }) => {
    const lookup = (): Promise<never> => new Promise(() => {})
    const { error } = await rejection(connect({ host, port: server.port }, { lookup, connectTimeout: 100 }))
    expect((error as Error).message).toMatch(
      /no connection within 100 ms; it waited for the addresses of valkey\.example/,
    )
  })

  test('over TLS goes on beside an address where nobody begins TLS, and leaves that one', async ({
    lab,
    connect,
    onTestFinished,
  }) => {
    const authority = await makeAuthority(lab.folder, 'addresses')
    const certificate = await makeCertificate(lab.folder, authority, `DNS:${host}`)
    const { port } = (await startTlsServer(lab, certificate)).secure
    const stalled: Socket[] = []
    const stall = createServer((socket) => stalled.push(socket.on('error', () => {}).resume()))
    onTestFinished(() => void stall.close())
    await once(stall.listen(port, '127.0.0.2'), 'listening')
    const options = { tls: { ca: authority.cert }, lookup: dns('127.0.0.2', '127.0.0.1') }
    const connection = await connect({ host, port }, options)
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
    await eventually(() => stalled.length === 1 && stalled.every(({ destroyed }) => destroyed))
  })

  test('is left when its caller gives up', async ({ connect, impostor }) => {
    const caller = new AbortController()
    const { port } = await impostor(() => caller.abort('changed my mind'))
    const lookup = dns('127.0.0.2', '127.0.0.1')
    const { error } = await rejection(connect({ host, port }, { lookup, signal: caller.signal, tls: true }))
    expect(error).toBe('changed my mind')
  })
})

/** Listens and takes no connection, so that the system answers no further ones: a child that was stopped, its queue full. */
async function deafListener(address: string, port: number): Promise<{ end(): void }> {
  const program = `require('net').createServer().listen({ host: '${address}', port: ${port}, backlog: 1 }, () => console.log())`
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const sockets = Array.from({ length: 6 }, () => connectSocket(port, address).on('error', () => {}))
  await eventually(() => sockets.filter(({ connecting }) => !connecting).length > 1)
  const end = (): void => {
    child.kill('SIGKILL')
    for (const socket of sockets) socket.destroy()
  }
  return { end }
}

// On Deno 2.9.6 a server that wants a certificate of ours ended the process: it tells that before the connection listens.
test('a socket may fail before its connection listens, and once it is destroyed', async ({ server }) => {
  const target = { host: '127.0.0.1', port: server.port }
  const opening = { signal: new AbortController().signal, progress: { waitsFor: '' } }
  const { socket } = await openSocket({ target, dialled: target, tls: undefined, timeout: 10_000 }, opening)
  expect(() => socket.emit('error', new Error('before'))).not.toThrow()
  socket.destroy()
  expect(() => socket.emit('error', new Error('after'))).not.toThrow()
})

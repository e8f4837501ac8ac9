import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect } from 'vitest'
import { fromDjangoSettings } from '../../src/config/django/index.js'
import { ConnectionError } from '../../src/errors.js'
import { at, test as base } from '../support/caches.js'
import { test as withConnections } from '../support/connection.js'
import { rejection } from '../support/rejection.js'

/** A server that listens on a unix socket too, and the path of the socket. */
const test = base.extend('socket', { scope: 'file' }, async ({ lab }) => {
  const socket = join(lab.folder, 'server.sock')
  const server = await lab.server({ config: { unixsocket: socket } })
  await server.command('ACL', 'SETUSER', 'ada', 'on', '>p/w', '+@all', '~*', '&*')
  return { path: socket, server }
})

describe('a cache on a unix socket', () => {
  test('keeps values in its database', async ({ socket, make }) => {
    const caches = make({ one: { location: `unix://${socket.path}` }, other: { location: `unix:${socket.path}?db=1` } })
    await caches.ready()
    await Promise.all([caches.one.set('k', 1), caches.other.set('k', 2)])
    expect(await Promise.all([caches.one.get('k'), caches.other.get('k')])).toStrictEqual([1, 2])
    expect(caches.one.topology().primary).toBe(`unix:${socket.path}`)
    expect(Object.keys(caches.one.stats().nodes)).toStrictEqual([`unix:${socket.path}`])
    expect(await socket.server.command('GET', ':1:k')).toBe('1')
  })

  test('has a connection of its own for blocking commands', async ({ socket, make }) => {
    const { cache } = make({ cache: { location: `unix://${socket.path}` } })
    expect(await cache.use((connection) => connection.command(['PING']), { intent: 'read' })).toBe('PONG')
  })

  test('is a shard beside others', async ({ socket, server, make }) => {
    const location = [`unix://${socket.path}`, at(server)]
    const { cache } = make({ cache: { client: 'shard', location, prefix: 'shards' } })
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`)
    await cache.setMany(Object.fromEntries(keys.map((key) => [key, key])))
    expect((await cache.getMany(keys)).size).toBe(keys.length)
    const own = (await socket.server.command('KEYS', 'shards:*')) as string[]
    expect(own.length).toBeGreaterThan(0)
    expect(own.length).toBeLessThan(keys.length)
  })

  test('with a user', async ({ socket, make }) => {
    const { cache } = make({ cache: { location: `unix://ada:p%2Fw@${socket.path}` } })
    expect(await cache.command(['ACL', 'WHOAMI'], { intent: 'read' })).toBe('ada')
  })

  test('of Django settings', async ({ socket, make }) => {
    const OPTIONS = { SERIALIZER: 'django_valkey.serializers.json.JSONSerializer' }
    const { default: cache } = make(
      fromDjangoSettings({ CACHES: { default: { LOCATION: `unix://ada:p%2Fw@${socket.path}?db=3`, OPTIONS } } }),
    )
    await cache.set('k', 'v')
    expect(await cache.command(['CLIENT', 'INFO'], { intent: 'read' })).toMatch(/ db=3 .* user=ada /)
  })
})

describe('a unix socket that cannot be reached says which, and what to do', () => {
  withConnections('where nothing is', async ({ connect }) => {
    const { error } = await rejection(connect({ host: '', port: 0, path: '/no/such.sock' }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ address: 'unix:/no/such.sock', cause: { code: 'ENOENT' } })
    expect((error as Error).message).toMatch(/^unix:\/no\/such\.sock: .*; nothing is there; is the server up/)
  })

  withConnections('that is mute, or closes; nobody expects TLS there', async ({ lab, connect }) => {
    for (const [name, meet, said] of [
      ['mute', () => {}, /no connection within 500 ms/],
      ['closing', (socket: Socket) => void socket.destroy(), /^unix:/],
    ] as const) {
      const path = join(lab.folder, `${name}.sock`)
      const listener = createServer(meet)
      await once(listener.listen(path), 'listening')
      const { error } = await rejection(connect({ host: '', port: 0, path }, { connectTimeout: 500 }))
      expect(error).toBeInstanceOf(ConnectionError)
      expect((error as Error).message).toMatch(said)
      expect((error as Error).message).not.toContain('TLS')
      listener.close()
    }
  })

  withConnections('that its caller gives up is left with the reason of that', async ({ lab, connect }) => {
    const path = join(lab.folder, 'given-up.sock')
    const listener = createServer()
    await once(listener.listen(path), 'listening')
    const caller = new AbortController()
    const given = rejection(connect({ host: '', port: 0, path }, { signal: caller.signal, tls: true }))
    await once(listener, 'connection')
    caller.abort(new ConnectionError('elsewhere', 'changed my mind'))
    expect((await given).error).toBe(caller.signal.reason)
    listener.close()
  })

  withConnections('where a folder is', async ({ lab, connect }) => {
    const { error } = await rejection(connect({ host: '', port: 0, path: lab.folder }))
    expect(error).toMatchObject({ code: 'E_CONNECTION', address: `unix:${lab.folder}` })
    expect((error as Error).message).toMatch(/is a folder; name the socket in it/)
  })

  withConnections('where a file is', async ({ connect }) => {
    const { error } = await rejection(connect({ host: '', port: 0, path: '/etc/passwd' }))
    expect((error as Error).message).toMatch(/is a file and no socket/)
  })

  withConnections('that a server has left behind', async ({ lab, connect }) => {
    const path = join(lab.folder, 'left.sock')
    const server = await lab.server({ config: { unixsocket: path } })
    await server.kill()
    const { error } = await rejection(connect({ host: '', port: 0, path }))
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    expect((error as Error).message).toMatch(/nobody listens on the socket; is the server up\?/)
  })

  test('through a cache too, without its password', async ({ lab, make }) => {
    const { cache } = make({ cache: { location: `unix://ada:s3cret@${lab.folder}?db=1`, readDeadline: '300ms' } })
    const { error } = await rejection(cache.get('k'))
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toMatch(/is a folder; name the socket in it/)
    expect(inspect(error)).not.toContain('s3cret')
    expect(JSON.stringify([cache.topology(), cache.stats()])).not.toContain('s3cret')
  })
})

import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { fromDjangoSettings } from '../../src/config/django/index.js'
import { ConnectionError } from '../../src/errors.js'
import { test as base } from '../support/caches.js'
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
    expect(await socket.server.command('GET', ':1:k')).toBe('1')
  })

  test('has a connection of its own for blocking commands', async ({ socket, make }) => {
    const { cache } = make({ cache: { location: `unix://${socket.path}` } })
    expect(await cache.use((connection) => connection.command(['PING']), { intent: 'read' })).toBe('PONG')
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

  withConnections('that is not there says which', async ({ connect }) => {
    const { error } = await rejection(connect({ host: '', port: 0, path: '/no/such.sock' }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ address: 'unix:/no/such.sock', cause: { code: 'ENOENT' } })
  })
})

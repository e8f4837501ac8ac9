import { describe, expect, test } from 'vitest'
import { addressOf } from '../../src/connection/connection.js'
import { resolveConnectionOptions, type ConnectionOptions } from '../../src/connection/options.js'
import { ConfigurationError } from '../../src/errors.js'

const path = 'caches.default'
const pathOf = (option: string): string => `${path}.${option}`

test('nothing given is a plain connection to database 0, with a second to connect', () => {
  expect(resolveConnectionOptions({}, pathOf)).toStrictEqual({
    username: undefined,
    password: undefined,
    tls: undefined,
    database: 0,
    clientName: undefined,
    connectTimeout: 1_000,
    maxPending: { commands: 65_536, bytes: 64 * 1024 * 1024 },
  })
})

test('what is given is kept', () => {
  const password = (): Promise<string> => Promise.resolve('secret')
  const given = {
    username: 'app',
    password,
    tls: { servername: 's' },
    database: 3,
    clientName: 'web-1',
    connectTimeout: '2s',
    maxPending: { commands: 10 },
  } as const
  expect(resolveConnectionOptions(given, pathOf)).toStrictEqual({
    ...given,
    connectTimeout: 2_000,
    maxPending: { commands: 10, bytes: 64 * 1024 * 1024 },
  })
})

test('undefined is as good as absent', () => {
  const absent = { username: undefined, tls: undefined, database: undefined, maxPending: undefined }
  expect(resolveConnectionOptions(absent, pathOf)).toStrictEqual(resolveConnectionOptions({}, pathOf))
})

test('tls: true is TLS that verifies, false is none', () => {
  expect(resolveConnectionOptions({ tls: true }, pathOf).tls).toStrictEqual({})
  expect(resolveConnectionOptions({ tls: false }, pathOf).tls).toBeUndefined()
})

test('resolved options cannot be changed, nor by changing what was given', () => {
  const maxPending = { commands: 5 }
  const resolved = resolveConnectionOptions({ maxPending }, pathOf)
  maxPending.commands = 6
  expect(resolved.maxPending.commands).toBe(5)
  expect(() => Object.assign(resolved, { database: 1 })).toThrow(TypeError)
  expect(() => Object.assign(resolved.maxPending, { commands: 1 })).toThrow(TypeError)
})

describe('what cannot be used is refused with its path', () => {
  test.each<[at: string, options: Record<string, unknown>]>([
    ['username', { username: 5, password: 'p' }],
    ['username', { username: 'app' }],
    ['username', { username: null, password: 'p' }],
    ['password', { password: 5 }],
    ['password', { password: Buffer.from('p') }],
    ['password', { password: null }],
    ['tls', { tls: 'yes' }],
    ['tls', { tls: null }],
    ['tls', { tls: 1 }],
    ['database', { database: -1 }],
    ['database', { database: 1.5 }],
    ['database', { database: '1' }],
    ['database', { database: NaN }],
    ['clientName', { clientName: 'two words' }],
    ['clientName', { clientName: '' }],
    ['clientName', { clientName: 'é' }],
    ['clientName', { clientName: 'a\n' }],
    ['clientName', { clientName: 5 }],
    ['connectTimeout', { connectTimeout: 0 }],
    ['connectTimeout', { connectTimeout: -1 }],
    ['connectTimeout', { connectTimeout: Infinity }],
    ['connectTimeout', { connectTimeout: NaN }],
    ['connectTimeout', { connectTimeout: 'soon' }],
    ['connectTimeout', { connectTimeout: '-1s' }],
    ['maxPending', { maxPending: 1_000 }],
    ['maxPending', { maxPending: null }],
    ['maxPending', { maxPending: 'many' }],
    ['maxPending.commands', { maxPending: { commands: 0 } }],
    ['maxPending.commands', { maxPending: { commands: Infinity } }],
    ['maxPending.commands', { maxPending: { commands: '5' } }],
    ['maxPending.bytes', { maxPending: { bytes: 0 } }],
    ['maxPending.bytes', { maxPending: { bytes: 1.5 } }],
    ['maxPending.size', { maxPending: { size: 5 } }],
  ])('%s: %o', (at, options) => {
    const resolve = (): unknown => resolveConnectionOptions(options as ConnectionOptions, pathOf)
    expect(resolve).toThrow(ConfigurationError)
    expect(resolve).toThrow(expect.objectContaining({ code: 'E_CONFIG', path: `${path}.${at}` }))
  })

  test('and never shows a password', () => {
    const secret = 'hunter2'
    for (const options of [
      { password: [secret] },
      { password: { value: secret } },
      { username: [secret], password: secret },
      { connectTimeout: () => secret, password: secret },
    ]) {
      const resolve = (): unknown => resolveConnectionOptions(options as unknown as ConnectionOptions, pathOf)
      expect(resolve).toThrow(ConfigurationError)
      expect(resolve).not.toThrow(secret)
    }
  })
})

test.each([
  ['127.0.0.1', 6379, '127.0.0.1:6379'],
  ['valkey.internal', 6380, 'valkey.internal:6380'],
  ['::1', 6379, '[::1]:6379'],
])('%s port %i is %s', (host, port, address) => {
  expect(addressOf({ host, port })).toBe(address)
})

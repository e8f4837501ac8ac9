import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  parseFlag,
  parseLocation,
  parsePort,
  readLocation,
  splitHostPort,
  splitLocations,
  type ServerLocation,
} from '../../src/config/location.js'
import { ConfigurationError } from '../../src/errors.js'

const path = 'caches.default.location'

const plain: ServerLocation = {
  kind: 'server',
  secure: false,
  host: 'h',
  port: undefined,
  socket: undefined,
  username: undefined,
  password: undefined,
  database: undefined,
  databasePath: undefined,
  role: undefined,
  query: new Map(),
}

function errorOf(action: () => unknown): ConfigurationError {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
  }
  throw new Error('expected a ConfigurationError')
}

describe('a location', () => {
  test.each<[text: string, parts: Partial<ServerLocation>]>([
    ['valkey://h', {}],
    ['redis://h', {}],
    ['valkeys://h', { secure: true }],
    ['rediss://h', { secure: true }],
    ['VALKEYS://h', { secure: true }],
    ['unix:///run/valkey.sock', { host: '', socket: '/run/valkey.sock' }],
    ['unix:/run/valkey.sock', { host: '', socket: '/run/valkey.sock' }],
    ['UNIX:///run/a%20b.sock?db=2', { host: '', socket: '/run/a b.sock', database: 2 }],
    [
      'unix://ada:s3cret@/run/v.sock?role=replica',
      { host: '', socket: '/run/v.sock', username: 'ada', password: 's3cret', role: 'replica' },
    ],
    ['unix://:a%2Fb@/run/v.sock', { host: '', socket: '/run/v.sock', password: 'a/b' }],
    ['valkey://h:6380', { port: 6380 }],
    ['valkey://h:', {}],
    ['valkey://h/', {}],
    ['valkey://h/0', { database: 0 }],
    ['valkey://127.0.0.1:6379/1', { host: '127.0.0.1', port: 6379, database: 1 }],
    ['valkey://h/3/', { database: 3 }],
    ['valkey://h?db=2', { database: 2 }],
    ['valkey://h/1?db=2', { database: 2 }],
    ['valkey://h/1?db=', { database: 1 }],
    ['valkey://MyMaster/0', { host: 'MyMaster', database: 0 }],
    ['valkey://service_name/0', { host: 'service_name', database: 0 }],
    ['valkey://my%20service', { host: 'my service' }],
    ['valkey://[::1]:6379/1', { host: '::1', port: 6379, database: 1 }],
    ['valkey://[fe80::1]', { host: 'fe80::1' }],
    ['valkey://ada@h', { username: 'ada' }],
    ['valkey://ada:s3cret@h', { username: 'ada', password: 's3cret' }],
    ['valkey://:s3cret@h', { password: 's3cret' }],
    ['valkey://ada:@h', { username: 'ada' }],
    ['valkey://a%40b:p%40%2F%3F%23%25s%C3%A9@h', { username: 'a@b', password: 'p@/?#%sé' }],
    ['valkey://:a:b@c@h', { password: 'a:b@c' }],
    ['valkey://:100%@h', { password: '100%' }],
    ['valkey://h?is_master=1', { role: 'primary' }],
    ['valkey://h?is_master=0', { role: 'replica' }],
    ['valkey://h?is_master=False', { role: 'replica' }],
    ['valkey://h?is_master=', {}],
    ['valkey://h?role=primary', { role: 'primary' }],
    ['valkey://h?role=replica', { role: 'replica' }],
    ['valkey://h?role=replica&is_master=0', { role: 'replica' }],
    ['valkey://h/2?&is_master=1&', { role: 'primary', database: 2 }],
    ['valkey://h?d%62=4', { database: 4 }],
  ])('%s', (text, parts) => {
    expect(parseLocation(text, path)).toStrictEqual({ ...plain, ...parts })
  })

  test('memory:// is no server', () => {
    expect(parseLocation('memory://', path)).toStrictEqual({ kind: 'memory' })
  })

  test('whatever the user and the password are, percent-encoded they come back', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 })
    fc.assert(
      fc.property(text, text, (username, password) => {
        const url = `valkey://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h:1/2`
        expect(parseLocation(url, path)).toMatchObject({ username, password, host: 'h', port: 1, database: 2 })
      }),
    )
  })
})

describe('a location that cannot be used', () => {
  test.each<[text: string, at: string, problem: RegExp]>([
    ['h', path, /expected valkey:\/\//],
    ['', path, /expected valkey:\/\//],
    ['http://h', path, /expected valkey:\/\//],
    ['valkey:h', path, /expected valkey:\/\//],
    ['unix://', path, /expected unix:\/\/\/path/],
    ['unix://run/valkey.sock', path, /expected unix:\/\/\/path/],
    ['unix:run.sock', path, /expected unix:\/\/\/path/],
    ['unix://:s3/cret@/run/v.sock', path, /percent-encoded/],
    [`unix://${'/long'.repeat(30)}`, path, /has 150 bytes, and systems take 10\d; use a shorter one/],
    [`unix://ada:s3cret@${'/%C3%A9'.repeat(40)}`, path, /has 120 bytes/],
    ['unix:///run/v.sock?dbs=1', `${path}?dbs`, /unknown/],
    ['memory://x', path, /takes nothing/],
    ['valkey://', path, /names no host or service/],
    ['valkey:///8', path, /names no host or service/],
    ['valkey://:6379', path, /names no host or service/],
    ['valkey://h:0', path, /port must be a number from 1 to 65535/],
    ['valkey://h:65536', path, /port must be/],
    ['valkey://h:http', path, /port must be/],
    ['valkey://h:63:79', path, /port must be/],
    ['valkey://::1', path, /port must be/],
    ['valkey://[::1', path, /IPv6 in brackets/],
    ['valkey://h/db', path, /database must be a number, got 'db'/],
    ['valkey://h/db?db=1', path, /database must be a number, got 'db'/],
    ['valkey://h/1/2', path, /database must be a number/],
    ['valkey://h/-1', path, /whole number from 0/],
    ['valkey://h?db=one', `${path}?db`, /whole number from 0/],
    ['valkey://h?db=-1', `${path}?db`, /whole number from 0/],
    ['valkey://h?db=99999999999999999999', `${path}?db`, /whole number from 0/],
    ['valkey://h?is_master=maybe', `${path}?is_master`, /expected 0 or 1, got 'maybe'/],
    ['valkey://h?role=slave', `${path}?role`, /expected primary or replica/],
    ['valkey://h?role=primary&is_master=0', `${path}?role`, /contradicts is_master/],
    ['valkey://h?timeout=3', `${path}?timeout`, /unknown; a location knows db, is_master and role/],
    ['valkey://h?db=1&db=2', `${path}?db`, /more than once/],
    ['valkey://h/0#x', path, /percent-encoded/],
    ['valkey://h?x=a@b', path, /percent-encoded/],
  ])('%s', (text, at, problem) => {
    const error = errorOf(() => parseLocation(text, path))
    expect(error.path).toBe(at)
    expect(error.message).toMatch(problem)
  })

  test.each([
    'valkey://ada:xq/7zk@h/0',
    'valkey://ada:xq?7zk@h/0',
    'valkey://ada:xq#7zk@h/0',
    'valkey://ada:12/xq@7zk@h/0',
    'valkey://ada:12?xq7zk=1@h/0',
    'valkey://ada:p@xq/7zk@h/0',
    'valkey://ada:p@h?xq=1@7zk',
    'valkey://ada:xq7zk@h:xq7zk/0',
    'valkey://ada:xq7zk@h/db',
    'valkey://ada:xq7zk@h?x=xq7zk',
    'foo://ada:xq7zk@h',
    'ada:xq7zk@h',
  ])('%s: no part of the password is shown', (text) => {
    expect(errorOf(() => parseLocation(text, path)).message).not.toMatch(/xq|7zk/)
  })
})

describe('reading a location of Django', () => {
  test('leaves the rest of the query, a path that is no number and an empty host to the caller', () => {
    expect(readLocation('valkey://:1/db?a=x+y&b=%26&c&is_master=1', path)).toStrictEqual({
      ...plain,
      host: '',
      port: 1,
      databasePath: 'db',
      role: 'primary',
      query: new Map([
        ['a', 'x y'],
        ['b', '&'],
        ['c', ''],
      ]),
    })
  })
})

describe('several locations', () => {
  test.each<[location: string | readonly string[], texts: readonly (readonly [string, string])[]]>([
    ['valkey://a', [['valkey://a', path]]],
    ['valkey://a,valkey://b', [['valkey://a', `${path}[0]`], ['valkey://b', `${path}[1]`]]], // prettier-ignore
    ['valkey://a, valkey://b ', [['valkey://a', `${path}[0]`], ['valkey://b', `${path}[1]`]]], // prettier-ignore
    [['valkey://a'], [['valkey://a', `${path}[0]`]]],
    [['valkey://:a,b@c', 'valkey://d'], [['valkey://:a,b@c', `${path}[0]`], ['valkey://d', `${path}[1]`]]], // prettier-ignore
  ])('%j', (location, texts) => {
    expect(splitLocations(location, path)).toStrictEqual(texts.map(([text, where]) => ({ text, path: where })))
  })

  test.each<[location: unknown, at: string, problem: RegExp]>([
    ['', path, /is empty/],
    ['  ', path, /is empty/],
    ['valkey://a,', `${path}[1]`, /is empty/],
    [',valkey://a', `${path}[0]`, /is empty/],
    [[], path, /names no server/],
    [['valkey://a', ''], `${path}[1]`, /is empty/],
    [['valkey://a', 3], `${path}[1]`, /expected a text, got 3/],
    [{ url: 'valkey://a' }, path, /expected a text or an array of texts, got an object/],
    [null, path, /got null/],
  ])('%j cannot be split', (location, at, problem) => {
    const error = errorOf(() => splitLocations(location as string, path))
    expect(error.path).toBe(at)
    expect(error.message).toMatch(problem)
  })
})

describe('parts', () => {
  test.each(['1', 't', 'True', 'Y', 'yes'])('%s is true', (text) => {
    expect(parseFlag(text, path)).toBe(true)
  })

  test.each(['0', 'F', 'false', 'n', 'NO'])('%s is false', (text) => {
    expect(parseFlag(text, path)).toBe(false)
  })

  test('an empty flag says nothing', () => {
    expect(parseFlag('', path)).toBeUndefined()
  })

  test.each<[text: string, port: number | undefined]>([
    ['1', 1],
    ['65535', 65_535],
    ['0', undefined],
    ['65536', undefined],
    ['-1', undefined],
    ['1.5', undefined],
    ['', undefined],
  ])("the port '%s' is %s", (text, port) => {
    expect(parsePort(text)).toBe(port)
  })

  test.each<[text: string, parts: { host: string; port: string } | undefined]>([
    ['h', { host: 'h', port: '' }],
    ['h:1', { host: 'h', port: '1' }],
    ['[::1]:26379', { host: '::1', port: '26379' }],
    ['[::1', undefined],
  ])('%s is a host and a port: %j', (text, parts) => {
    expect(splitHostPort(text)).toStrictEqual(parts)
  })
})

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { defaultPolicy } from '../../src/cache/load-policy.js'
import { resolveCodec } from '../../src/codec/options.js'
import { createCaches } from '../../src/config/create-caches.js'
import type { CacheOptions, SentinelAddress } from '../../src/config/options.js'
import { resolveCache, type ResolvedCache } from '../../src/config/resolve.js'
import type { ResolvedRemote } from '../../src/config/resolve-remote.js'
import { addressOf, type NodeTarget } from '../../src/connection/connection.js'
import { ConfigurationError } from '../../src/errors.js'

const plain = 'valkey://127.0.0.1:6379/1'
const service = 'valkey://mymaster/0'
const sentinels = [['s1', 26379]] as const

describe('by default', () => {
  test('a cache lives in memory for 5 minutes, without a prefix, in version 1', () => {
    expect(resolved({})).toStrictEqual({
      name: 'a',
      prefix: '',
      version: 1,
      ttl: 300_000,
      closeTimeout: 2_000,
      keyFunctions: { keyFunction: undefined, reverseKeyFunction: undefined },
      failSafe: false,
      listeners: { onError: undefined, logger: undefined },
      codec: resolveCodec({}, String),
      loading: defaultPolicy,
      recovery: { maxKeys: 10_000, maxAge: 600_000 },
      near: undefined,
      clone: 'structured',
      traceKeys: undefined,
      client: 'memory',
      advice: undefined,
    })
  })

  test('a server is asked with the deadlines of the API', () => {
    expect(remote({ location: plain })).toMatchObject({
      pool: { connections: 1, leases: 64 },
      connectionFactory: undefined,
      poolFactory: undefined,
      sentinel: undefined,
      connection: {
        database: 1,
        connectTimeout: 1_000,
        maxPending: { commands: 65_536, bytes: 64 * 1024 * 1024 },
        tls: undefined,
        username: undefined,
        password: undefined,
        clientName: undefined,
      },
      commands: {
        attemptTimeout: undefined,
        readDeadline: 1_000,
        writeDeadline: 5_000,
        readYourWrites: 0,
        readFrom: 'primary',
        readOnly: undefined,
      },
    })
  })

  test('own writes are remembered for a second where others than their server may be read', () => {
    expect(remote({ location: 'valkeys://user:pass@mymaster/3', sentinels }).commands.readYourWrites).toBe(1_000)
  })

  test('a sentinel has 400 ms, and nothing of the data nodes but their client name', () => {
    const { sentinel } = remote({
      location: 'valkeys://user:pass@mymaster/3',
      sentinels,
      clientName: 'web-1',
      connectTimeout: '3s',
    })
    expect(sentinel).toStrictEqual({
      seeds: [{ host: 's1', port: 26379 }],
      connection: {
        username: undefined,
        password: undefined,
        tls: undefined,
        database: 0,
        clientName: 'web-1',
        connectTimeout: 400,
        maxPending: { commands: 65_536, bytes: 64 * 1024 * 1024 },
      },
      addressMap: undefined,
      translate: undefined,
      fenceAfter: undefined,
    })
  })

  test('undefined is as good as absent', () => {
    const options = Object.fromEntries(known.map((name) => [name, undefined]))
    expect(resolved({ ...options, location: 'memory://' })).toStrictEqual(resolved({}))
  })
})

describe('what is given', () => {
  test('is taken in ms and in literals', () => {
    const options: CacheOptions = {
      location: plain,
      ttl: '10m',
      closeTimeout: '1h',
      connectTimeout: 5,
      attemptTimeout: '0.5s',
      readDeadline: '2s',
      writeDeadline: 1,
      readYourWrites: 0,
    }
    expect(resolved(options)).toMatchObject({ ttl: 600_000, closeTimeout: 3_600_000 })
    expect(remote(options)).toMatchObject({
      connection: { connectTimeout: 5 },
      commands: { attemptTimeout: 500, readDeadline: 2_000, writeDeadline: 1, readYourWrites: 0 },
    })
  })

  test.for<[what: string, ttl: CacheOptions['ttl'], ms: number | undefined]>([
    ['null: for ever', null, undefined],
    ['0: nothing is kept', 0, 0],
    ['a fraction: a ms', 0.1, 1],
  ])('as ttl may be %s', ([, ttl, ms]) => {
    expect(resolved({ ttl: ttl as number }).ttl).toBe(ms)
  })

  test('as version may be 0', () => {
    expect(resolved({ version: 0 }).version).toBe(0)
  })

  test('to all caches is the default of each', () => {
    const shared = { location: plain, prefix: 'shop', version: 3, ttl: '1s' } as const
    expect(resolved({}, shared)).toMatchObject({ prefix: 'shop', version: 3, ttl: 1_000 })
    expect(resolved({ prefix: 'own', ttl: null }, shared)).toMatchObject({ prefix: 'own', version: 3, ttl: undefined })
    expect(remote({}, shared).servers.primary).toStrictEqual({ host: '127.0.0.1', port: 6379 })
  })

  test('to all caches gives way to undefined of a cache no more than to nothing', () => {
    expect(resolved({ prefix: undefined } as unknown as CacheOptions, { prefix: 'shop' }).prefix).toBe('shop')
  })

  test('in the location wins over the options beside it', () => {
    const location = 'valkeys://user:pass@host/3'
    expect(remote({ location, username: 'u', password: 'p', database: 5 }).connection).toMatchObject({
      username: 'user',
      password: 'pass',
      database: 3,
      tls: {},
    })
  })

  test('beside the location counts where the location says nothing', () => {
    const options: CacheOptions = {
      location: 'valkey://host',
      username: 'u',
      password: 'p',
      database: 5,
      tls: { servername: 'x' },
    }
    expect(remote(options).connection).toMatchObject({
      username: 'u',
      password: 'p',
      database: 5,
      tls: { servername: 'x' },
    })
  })

  test('as tls goes with a secure location', () => {
    expect(remote({ location: 'valkeys://host', tls: { servername: 'x' } }).connection.tls).toStrictEqual({
      servername: 'x',
    })
    expect(remote({ location: 'valkey://host', tls: true }).connection.tls).toStrictEqual({})
    expect(remote({ location: 'valkey://host', tls: false }).connection.tls).toBeUndefined()
  })
})

/** An option that cannot be used, and where the error must say that it stands. */
type Wrong = readonly [path: string, options: Record<string, unknown>, problem?: RegExp]

describe('an option that cannot be used is a ConfigurationError with its path', () => {
  test.for<Wrong>([
    ['colour', { colour: 'red' }, /unknown option; known are location, client, /],
    ['Location', { Location: plain }, /unknown option/],
    ['__proto__', JSON.parse('{"__proto__":1}') as Record<string, unknown>, /unknown option/],
    ['toString', { toString: 1 }, /unknown option/],

    ['location', { location: '' }, /is empty/],
    ['location', { location: [] }, /names no server/],
    ['location', { location: 5 }, /expected a text or an array of texts, got 5/],
    ['location', { location: null }, /null/],
    ['location[1]', { location: [plain, 5] }, /expected a text, got 5/],
    ['location[1]', { location: `${plain},` }, /is empty/],
    ['location[1]', { location: [plain, 'http://host'] }, /expected valkey:\/\//],
    ['location', { location: 'http://host' }, /expected valkey:\/\//],
    ['location', { location: 'valkey:///0' }, /names no host or service/],
    ['location', { location: 'valkey://host/db' }, /the database must be a number, got 'db'/],
    ['location?colour', { location: 'valkey://host?colour=red' }, /unknown/],
    ['location?role', { location: 'valkey://host?role=boss' }, /expected primary or replica/],
    ['location?is_master', { location: 'valkey://host?is_master=2' }, /expected 0 or 1/],
    ['location?role', { location: 'valkey://host?role=replica&is_master=1' }, /contradicts is_master/],
    ['location', { location: ['memory://', plain] }, /memory:\/\/ stands alone/],
    ['location', { location: ['memory://', 'memory://'] }, /memory:\/\/ stands alone/],
    ['location', { location: ['valkey://a?role=primary', 'valkey://b?role=primary'] }, /more than one primary/],
    ['location[1]', { location: ['valkey://a', 'valkeys://b'] }, /its secure differs/],
    ['location[1]', { location: ['valkey://:p@a', 'valkey://:q@b'] }, /its password differs/],
    ['location[1]', { location: ['valkey://a/0', 'valkey://b/1'] }, /its database differs/],

    [
      'client',
      { client: 'redis', location: plain },
      /expected 'default', 'sentinel', 'cluster', 'shard', 'herd', 'memory' or a /,
    ],
    ['client', { client: null, location: plain }, /null/],
    ['client', { client: 'memory', location: plain }, /takes no server/],
    ['client', { client: 'redis' }, /'redis'/],
    ['client', { client: 'sentinel', sentinels, location: 'memory://' }, /memory:\/\//],
    ['connectionFactory', { connectionFactory: 'redis', location: plain }, /expected 'default', 'sentinel' or a Conn/],
    ['connectionFactory', { connectionFactory: {}, location: plain }, /expected 'default', 'sentinel' or a Conn/],
    ['connectionFactory', { connectionFactory: () => {}, location: plain }, /expected 'default', 'sentinel' or a/],

    ['pool', { pool: 5, location: plain }, /expected { connections, leases } or a PoolFactory, got 5/],
    ['pool', { pool: null, location: plain }, /null/],
    ['pool.max', { pool: { max: 5 }, location: plain }, /unknown option; known are connections, leases/],
    ['pool.connections', { pool: { connections: 0 }, location: plain }, /whole number of at least 1, got 0/],
    ['pool.leases', { pool: { leases: 0 }, location: plain }, /whole number of at least 1, got 0/],
    ['pool.connections', { pool: { connections: 1.5 }, location: plain }, /whole number/],
    ['pool.connections', { pool: { connections: '2' }, location: plain }, /whole number/],

    ['sentinels', { location: service, sentinels: [] }, /at least one sentinel/],
    ['sentinels', { location: service, sentinels: '' }, /at least one sentinel/],
    ['sentinels', { location: service, sentinels: ['s1', 26379] }, /one pair and not a list of pairs/],
    ['sentinels[1]', { location: service, sentinels: 's1:26379,' }, /expected 'host:26379'/],
    [
      'sentinels[0]',
      { location: service, sentinels: ['rediss://s1:26379'] },
      /caches\.a\.sentinelOptions \(username, password, tls\)/,
    ],
    ['sentinels[0]', { location: service, sentinels: ['redis://:pw@s1:26379'] }, /stand in caches\.a\.sentinelOptions/],
    ['sentinels', { location: service, sentinels: null }],
    ['sentinels', { location: service, client: 'sentinel' }, /is missing, and caches\.a\.client is 'sentinel'/],
    [
      'sentinels[0].password',
      { location: service, sentinels: [{ host: 's1', port: 26379, password: 'pw' }] },
      /: unknown; see caches\.a\.sentinelOptions/,
    ],
    ['sentinels[0]', { location: service, sentinels: ['s1'] }, /names no port/],
    ['sentinels[0]', { location: service, sentinels: ['s1:0'] }, /expected a port/],
    ['sentinels[0]', { location: service, sentinels: ['s1:65536'] }, /expected a port/],
    ['sentinels[0]', { location: service, sentinels: [':26379'] }, /expected 'host:26379'/],
    ['sentinels[0]', { location: service, sentinels: ['::1:26379'] }, /IPv6 hosts in brackets/],
    ['sentinels[1]', { location: service, sentinels: ['s1:26379', 5] }, /got 5/],
    ['sentinels[0]', { location: service, sentinels: [['s1']] }, /expected \['host', 26379\]/],
    ['sentinels[0]', { location: service, sentinels: [['s1', 26379, 1]] }, /expected \['host', 26379\]/],
    ['sentinels[0][0]', { location: service, sentinels: [['', 26379]] }, /expected a host/],
    ['sentinels[0][1]', { location: service, sentinels: [['s1', '26379x']] }, /expected a port/],
    ['sentinels[0].host', { location: service, sentinels: [{ host: ' ', port: 26379 }] }, /expected a host/],
    ['sentinels[0].port', { location: service, sentinels: [{ host: 's1', port: 0 }] }, /expected a port/],
    ['sentinels[0].port', { location: service, sentinels: [{ host: 's1', port: 1.5 }] }, /expected a port/],
    ['sentinels[0]', { location: service, sentinels: [{ host: 's1' }] }, /expected \['host', 26379\]/],
    ['sentinels', { location: 'memory://', sentinels }, /memory:\/\/ has no sentinels/],
    ['location', { location: 'valkey://mymaster:26379/0', sentinels }, /leave the port out/],
    ['location', { location: 'unix:///run/v.sock', sentinels }, /names the service, .* and no socket/],
    ['tls', { location: 'unix:///run/v.sock', tls: true }, /is for TCP, and the location is a unix socket/],
    ['tls', { location: 'unix:///run/v.sock', tls: { rejectUnauthorized: false } }, /is for TCP/],
    ['location[1]', { location: [service, 'valkey://other/0'], sentinels }, /names another service than 'mymaster'/],

    ['sentinelOptions', { location: service, sentinels, sentinelOptions: null }],
    ['sentinelOptions.colour', { location: service, sentinels, sentinelOptions: { colour: 1 } }, /unknown option/],
    ['sentinelOptions.database', { location: service, sentinels, sentinelOptions: { database: 1 } }, /unknown option/],
    ['sentinelOptions.timeout', { location: service, sentinels, sentinelOptions: { timeout: 0 } }, /more than 0 ms/],
    ['sentinelOptions.timeout', { location: service, sentinels, sentinelOptions: { timeout: 'x' } }, /expected milli/],
    ['sentinelOptions.password', { location: service, sentinels, sentinelOptions: { password: 5 } }, /a string or a f/],
    ['sentinelOptions.username', { location: service, sentinels, sentinelOptions: { username: 'u' } }, /needs a passw/],
    ['sentinelOptions.tls', { location: service, sentinels, sentinelOptions: { tls: 'yes' } }, /expected true, false/],

    ['username', { location: plain, username: 5 }, /expected a string or a function/],
    ['username', { location: plain, username: 'u' }, /needs a password/],
    ['password', { location: plain, password: 5 }, /expected a string or a function/],
    ['tls', { location: plain, tls: 'yes' }, /expected true, false or node:tls options/],
    ['tls', { location: plain, tls: Buffer.from('secret') }, /node:tls options, got an object$/],
    ['tls', { location: plain, tls: ['secret'] }, /node:tls options, got an array$/],
    ['tls', { location: 'valkeys://host', tls: false }, /the location asks for TLS/],
    ['database', { location: 'valkey://host', database: -1 }, /whole number of at least 0/],
    ['database', { location: 'valkey://host', database: '1' }, /whole number of at least 0/],
    ['clientName', { location: plain, clientName: 'a b' }, /printable ASCII/],
    ['clientName', { location: plain, clientName: '' }, /printable ASCII/],
    ['clientName', { location: plain, clientName: 5 }, /printable ASCII|text/],
    ['clientName', { location: plain, clientName: null }, /null/],
    ['maxPending', { location: plain, maxPending: null }, /null/],
    ['maxPending', { location: plain, maxPending: 5 }],
    ['maxPending.commands', { location: plain, maxPending: { commands: 0 } }, /at least 1/],
    ['maxPending.bytes', { location: plain, maxPending: { bytes: 0.5 } }, /at least 1/],
    ['maxPending.ops', { location: plain, maxPending: { ops: 1 } }, /unknown option/],

    ['connectTimeout', { location: plain, connectTimeout: 0 }, /more than 0 ms/],
    ['attemptTimeout', { location: plain, attemptTimeout: 0 }, /more than 0 ms/],
    ['attemptTimeout', { location: plain, attemptTimeout: null }, /null/],
    ['readDeadline', { location: plain, readDeadline: -1 }, /more than 0 ms/],
    ['writeDeadline', { location: plain, writeDeadline: Infinity }, /expected milliseconds/],
    ['writeDeadline', { location: plain, writeDeadline: '5 s' }, /expected milliseconds/],
    ['readYourWrites', { location: plain, readYourWrites: -1 }, /must not be negative/],
    ['closeTimeout', { closeTimeout: -1 }, /must not be negative/],
    ['closeTimeout', { closeTimeout: NaN }, /expected milliseconds/],
    ['keyFunction', { keyFunction: 'default' }, /expected a function, got 'default'/],
    ['keyFunction', { keyFunction: null }, /expected a function, got null/],
    ['reverseKeyFunction', { reverseKeyFunction: {} }, /expected a function, got an object/],
    ['failSafe', { failSafe: 'yes' }, /expected true or false, got 'yes'/],
    ['failSafe', { failSafe: null }, /expected true or false, got null/],
    ['onError', { onError: true }, /expected a function, got true/],
    ['logger', { logger: () => {} }, /expected an object with warn and error, got a function/],
    ['logger', { logger: { warn: () => {} } }, /expected an object with warn and error/],
    ['logger', { logger: null }, /expected an object with warn and error, got null/],
    ['readFrom', { location: plain, readFrom: 'master' }, /expected 'primary', 'primaryPreferred', .* or a function/],
    ['readFrom', { location: plain, readFrom: null }, /null/],
    ['zone', { location: plain, readFrom: 'zone' }, /is missing, and caches\.\w+\.readFrom is 'zone'; say in which/],
    ['zone', { location: service, sentinels, readFrom: 'zone' }, /is missing/],
    ['zone', { location: plain, client: 'cluster', readFrom: 'zone' }, /is missing/],
    ['zone', { location: plain, zone: '' }, /expected the name of an availability zone/],
    ['zone', { location: plain, zone: 'eu-1a\n' }, /without white space around it/],
    ['zone', { location: plain, zone: 5 }, /got 5/],
    ['zone', { location: plain, zone: null }, /null/],
    ['holdTimeout', { location: plain, holdTimeout: -1 }, /must not be negative/],
    ['maxLag', { location: plain, maxLag: 0 }, /more than 0/],
    ['minReplicas', { location: plain, minReplicas: 1.5 }, /whole number/],
    ['fenceAfter', { location: plain, fenceAfter: '10s' }, /needs sentinels/],
    ['fenceAfter', { location: service, sentinels, fenceAfter: 0 }, /more than 0/],
    ["sentinelOptions.addressMap['a:1']", mapped({ 'a:1': 'b' }), /expected 'host:port', got 'b'/],
    ['sentinelOptions.addressMap', mapped('a:1' as never), /host:port/],
    ['readFrom', { location: `${plain}?role=replica`, readFrom: 'any' }, /names the replica role only/],
    ['readFrom', { location: `${plain}?role=primary`, readFrom: 'replica' }, /names the primary role only/],

    ['prefix', { prefix: 5 }, /expected a text, got 5/],
    ['prefix', { prefix: null }, /null/],
    ['version', { version: -1 }, /whole number of at least 0/],
    ['version', { version: 1.5 }, /whole number of at least 0/],
    ['version', { version: '1' }, /whole number of at least 0/],
    ['version', { version: null }, /null/],
    ['ttl', { ttl: 'soon' }, /expected milliseconds/],
    ['ttl', { ttl: Infinity }, /null/],
    ['ttl', { ttl: true }, /expected milliseconds/],
    ['serializer', { serializer: 'xml' }, /expected 'json', .*, got 'xml'/],
    ['compressor', { compressor: 'rar' }, /expected 'none', .*, got 'rar'/],
    ['format', { format: 'python' }, /expected 'django' or 'framed', got 'python'/],
  ])('%s in %o', ([path, options, problem = /./]) => {
    const error = refusal({ a: options })
    expect(error.path).toBe(`caches.a.${path}`)
    expect(error.message).toMatch(problem)
  })

  test.for<[path: string, caches: unknown, shared?: unknown]>([
    ['caches', undefined],
    ['caches', null],
    ['caches', [{}]],
    ['caches', 'valkey://host'],
    ['caches.a', { a: null }],
    ['caches.a', { a: 'valkey://host' }],
    ['caches.a', { a: [] }],
    ['shared', {}, null],
    ['shared', {}, []],
    ['shared.colour', { a: {} }, { colour: 'red' }],
    ['shared.serializer', { a: {} }, { serializer: 'xml' }],
    ['shared.connectionFactory', { a: {} }, { connectionFactory: 'redis' }],
  ])('%s in createCaches(%o, %o)', ([path, caches, shared]) => {
    expect(refusal(caches, shared).path).toBe(path)
  })

  test.for<[name: string, value: unknown]>([
    ['ttl', 'soon'],
    ['readDeadline', -1],
    ['prefix', 5],
    ['location', 'http://host'],
    ['password', 5],
    ['sentinels', []],
  ])('shared.%s, and not a path in the caches, when it stands there', ([name, value]) => {
    const own = { location: ['sentinels', 'location'].includes(name) ? undefined : plain }
    expect(refusal({ a: own }, { location: service, [name]: value }).path).toBe(`shared.${name}`)
  })

  test('without showing a password', () => {
    const error = refusal({ a: { location: 'valkey://user:secret@host:port/0' } })
    expect(error.message).not.toContain('secret')
    const differing = refusal({ a: { location: ['valkey://:secret@a', 'valkey://:secret2@b'] } })
    expect(differing.message).not.toContain('secret')
  })
})

describe('a name', () => {
  test.for(['close', 'ready', 'stats', 'then'])('that the caches need for themselves is refused: %s', (name) => {
    const error = refusal({ [name]: {} })
    expect(error.path).toBe(`caches.${name}`)
    expect(error.message).toMatch(/this name is taken/)
  })

  test.for(['default', 'toString', 'constructor', '__proto__', 'a b', '1'])('may be anything else: %s', (name) => {
    const caches = createCaches({ [name]: {} })
    expect(Object.keys(caches)).toContain(name)
    expect(caches[name]).toMatchObject({ name })
  })

  test('cannot be changed or added later', () => {
    const caches = createCaches({ a: {} })
    expect(() => Object.assign(caches, { a: 1 })).toThrow(TypeError)
    expect(() => Object.assign(caches, { b: 1 })).toThrow(TypeError)
  })
})

describe('locations', () => {
  type Row = readonly [
    location: string | readonly string[],
    kind: string,
    primary: string | undefined,
    replicas: readonly string[],
    readFrom: string,
    readOnly: boolean,
  ]

  test.for<Row>([
    ['valkey://a', 'single', 'a:6379', [], 'primary', false],
    ['redis://a:7000', 'single', 'a:7000', [], 'primary', false],
    ['valkey://a:1?is_master=1', 'single', 'a:1', [], 'primary', false],
    ['valkey://a:1?role=primary', 'single', 'a:1', [], 'primary', false],
    ['valkey://a:1?is_master=0', 'single', undefined, ['a:1'], 'replica', true],
    ['valkey://a:1?role=replica', 'single', undefined, ['a:1'], 'replica', true],
    ['valkey://a:1?role=replica&is_master=0', 'single', undefined, ['a:1'], 'replica', true],
    ['valkey://a:1,valkey://b:2', 'static', 'a:1', ['b:2'], 'replicaPreferred', false],
    [' valkey://a:1 , valkey://b:2 ', 'static', 'a:1', ['b:2'], 'replicaPreferred', false],
    [['valkey://a:1', 'valkey://b:2', 'valkey://c:3'], 'static', 'a:1', ['b:2', 'c:3'], 'replicaPreferred', false],
    [['valkey://a:1?role=replica', 'valkey://b:2?role=primary'], 'static', 'b:2', ['a:1'], 'replicaPreferred', false],
    [['valkey://a:1?is_master=1', 'valkey://b:2?is_master=0'], 'static', 'a:1', ['b:2'], 'replicaPreferred', false],
    [['valkey://a:1?role=replica', 'valkey://b:2?role=replica'], 'static', undefined, ['a:1', 'b:2'], 'replica', true],
    ['unix:///run/v.sock', 'single', 'unix:/run/v.sock', [], 'primary', false],
    ['unix:///run/v.sock,valkey://b:2', 'static', 'unix:/run/v.sock', ['b:2'], 'replicaPreferred', false],
    [['valkey://a:1/2'], 'single', 'a:1', [], 'primary', false],
    [['valkey://[::1]:1', 'valkey://[::1]:2'], 'static', '[::1]:1', ['[::1]:2'], 'replicaPreferred', false],
  ])('%o lead to one server or to named ones', ([location, kind, primary, replicas, readFrom, readOnly]) => {
    const { servers, commands } = remote({ location })
    const text = (target: NodeTarget | undefined): string | undefined => target && addressOf(target)
    expect(servers.kind).toBe(kind)
    expect([text(servers.primary), servers.replicas.map(text)]).toStrictEqual([primary, replicas])
    expect([commands.readFrom, commands.readOnly !== undefined]).toStrictEqual([readFrom, readOnly])
  })

  test.for<
    readonly [location: string | readonly string[], client: 'default' | 'sentinel', readFrom: string, readOnly: boolean]
  >([
    [service, 'sentinel', 'replicaPreferred', false],
    [service, 'default', 'primary', false],
    [`${service}?is_master=1`, 'default', 'primary', false],
    [`${service}?is_master=1`, 'sentinel', 'primary', false],
    [`${service}?is_master=0`, 'default', 'replica', true],
    [`${service}?role=replica`, 'sentinel', 'replica', true],
    [[`${service}?is_master=1`, `${service}?is_master=0`], 'default', 'replicaPreferred', false],
    [[`${service}?role=replica`, `${service}?role=primary`], 'sentinel', 'replicaPreferred', false],
    [[service, service], 'default', 'replicaPreferred', false],
    [`${service},${service}`, 'sentinel', 'replicaPreferred', false],
    [[`${service}?is_master=0`, `${service}?is_master=0`], 'default', 'replica', true],
    [[`${service}?is_master=1`, `${service}?is_master=1`], 'default', 'primary', false],
  ])('%o under Sentinel say with client %s who is read', ([location, client, readFrom, readOnly]) => {
    const { servers, commands } = remote({ location, client, sentinels })
    expect(servers).toMatchObject({ kind: 'sentinel', primary: undefined, replicas: [], common: { host: 'mymaster' } })
    expect([commands.readFrom, commands.readOnly !== undefined]).toStrictEqual([readFrom, readOnly])
  })

  test('keep the case of a service, and what is percent-encoded', () => {
    expect(remote({ location: 'valkey://MyMaster/0', sentinels }).servers.common.host).toBe('MyMaster')
    expect(remote({ location: 'valkey://my%2Fmaster/0', sentinels }).servers.common.host).toBe('my/master')
  })

  test('that name replicas only say why writes are refused, by their path', () => {
    expect(remote({ location: `${plain}?role=replica` }).commands.readOnly).toMatch(
      /^caches\.a\.location names replicas/,
    )
  })

  test.for(['primary', 'primaryPreferred', 'replica', 'replicaPreferred', 'any'] as const)(
    'of both roles may be read from %s',
    (readFrom) => {
      expect(remote({ location: [plain, plain], readFrom }).commands.readFrom).toBe(readFrom)
      expect(remote({ location: service, sentinels, readFrom }).commands.readFrom).toBe(readFrom)
    },
  )
})

test.for<[what: string, sentinel: SentinelAddress, host: string, port: number]>([
  ['a URL', 'redis://s1:26379', 's1', 26379],
  ['a URL with IPv6', 'valkey://[::1]:26379/', '::1', 26379],
  ['a pair with a port as text', ['s1', '26379'], 's1', 26379],
  ['an object with a port as text', { host: 's1', port: '26379' }, 's1', 26379],
  ['a pair', ['s1', 26379], 's1', 26379],
  ['an object', { host: 's1', port: 1 }, 's1', 1],
  ['a text', 's1:65535', 's1', 65535],
  ['a text with IPv6', '[::1]:26379', '::1', 26379],
  ['a pair with IPv6', ['::1', 26379], '::1', 26379],
])('a sentinel may be given as %s', ([, sentinel, host, port]) => {
  expect(remote({ location: service, sentinels: [sentinel] }).sentinel?.seeds).toStrictEqual([{ host, port }])
})

test('sentinels may be a comma list', () => {
  expect(remote({ location: service, sentinels: 's1:1, redis://s2:2' }).sentinel?.seeds).toStrictEqual([
    { host: 's1', port: 1 },
    { host: 's2', port: 2 },
  ])
})

describe('a location that is there and undefined', () => {
  const unset = { location: undefined } as unknown as CacheOptions

  test.for<[name: string, value: unknown]>([
    ['username', 'ada'],
    ['password', 's3cret'],
    ['password', () => 's3cret'],
    ['tls', true],
    ['tls', { servername: 'x' }],
    ['sentinels', sentinels],
    ['sentinelOptions', { password: 's3cret' }],
    ['pool', { connections: 2 }],
    ['database', 0],
    ['connectionFactory', 'sentinel'],
  ])('is an error beside %s, wherever both stand', ([name, value]) => {
    for (const [own, shared, at, needy] of [
      [{ ...unset, [name]: value }, {}, 'caches.a.location', `caches.a.${name}`],
      [unset, { [name]: value }, 'caches.a.location', `shared.${name}`],
      [{ [name]: value }, unset, 'shared.location', `caches.a.${name}`],
      [{}, { ...unset, [name]: value }, 'shared.location', `shared.${name}`],
    ] as const) {
      const error = refusal({ a: own }, shared)
      expect(error.path).toBe(at)
      expect(error.message).toContain(`${needy} needs a server`)
      expect(error.message).not.toContain('s3cret')
    }
  })

  test('is advice where nothing needs a server', () => {
    expect(resolved(unset).advice).toMatch(/^caches\.a\.location: is undefined; .*environment variable/)
    expect(resolved({ tls: false, ...unset }).advice).toBeDefined()
    expect(resolved({}, unset).advice).toMatch(/^shared\.location: /)
  })

  test.for<[what: string, own: CacheOptions, shared: CacheOptions]>([
    ['the other place has one', unset, { location: plain, password: 'x' }],
    ['the cache has its own', { location: 'memory://', ttl: 1 }, unset],
    ['it is not there at all', {}, {}],
    ['the client is memory', { ...unset, client: 'memory' }, {}],
    ['the client is your own', { ...unset, client: () => expect.fail() }, {}],
  ])('is nothing to speak of where %s', ([, own, shared]) => {
    expect(resolved(own, shared).advice).toBeUndefined()
  })

  test('is warned of once by createCaches', () => {
    const warnings: string[] = []
    const logger = { warn: (message: string): number => warnings.push(message), error: expect.fail }
    createCaches({ a: unset }, { logger })
    expect(warnings).toStrictEqual([expect.stringMatching(/^caches\.a\.location: is undefined/)])
  })
})

describe('what may be a secret is in no message', () => {
  const url = 'redis://ada:s3cret@h:1'
  const pem = '-----BEGIN PRIVATE KEY-----s3cret'
  const at = (options: Record<string, unknown>): Record<string, unknown> => ({ a: { location: plain, ...options } })

  test.for<[what: string, caches: unknown, shared?: unknown]>([
    ['a URL as caches', url],
    ['a URL as a cache', { a: url }],
    ['a URL as shared', { a: {} }, url],
    ['PEM as tls', at({ tls: pem })],
    ['a key as tls', at({ tls: 's3cret' })],
    ['a password as sentinelOptions', { a: { location: service, sentinels, sentinelOptions: 's3cret' } }],
    ['PEM as tls of sentinels', { a: { location: service, sentinels, sentinelOptions: { tls: pem } } }],
    ['URLs as sentinels', { a: { location: service, sentinels: [url] } }],
    ['a comma list of URLs as sentinels', { a: { location: service, sentinels: `${url},${url}` } }],
    ['a URL in a pair', { a: { location: service, sentinels: [[url, 1]] } }],
    ['a URL as port', { a: { location: service, sentinels: [{ host: 'h', port: url }] } }],
    ['a URL as an address', mappedTo(url)],
    ['a URL as an announced address', mappedFrom(url)],
    ['a URL as client', at({ client: url })],
    ['a URL as connectionFactory', at({ connectionFactory: url })],
    ['a URL as pool', at({ pool: url })],
    ['a URL as prefix of the wrong kind', at({ keyFunction: url })],
    ['a key as encryption', at({ encryption: 's3cret' })],
    ['a key as keys', at({ encryption: { keys: 's3cret' } })],
    ['a key in place of a pair', at({ encryption: { keys: ['s3cret'] } })],
    ['a key that is no key', at({ encryption: { keys: [{ id: 'a', key: 's3cret' }] } })],
    ['a key as readPlain', at({ encryption: { keys: [{ id: 'a', key: Buffer.alloc(32) }], readPlain: 's3cret' } })],
    ['a password as logger', at({ logger: 's3cret' })],
    ['a password as maxPending', at({ maxPending: 's3cret' })],
    ['a comma in a password', { a: { location: 'redis://:a,s3cret@h:1' } }],
    ['a slash in a password', { a: { location: 'redis://:a/s3cret@h:1' } }],
    ['a question mark in a password', { a: { location: 'redis://:a?s3cret@h:1' } }],
    ['a hash in a password', { a: { location: 'redis://:a#s3cret@h:1' } }],
    ['an at sign in a password', { a: { location: 'redis://:a@s3cret:x@h:1x' } }],
    ['a password without a host', { a: { location: 'redis://s3cret:x' } }],
    ['an unknown scheme', { a: { location: 'http://:s3cret@h' } }],
    ['a password list', { a: { location: plain, password: ['s3cret'] } }],
    ['a user', { a: { location: plain, username: { name: 's3cret' } } }],
  ])('%s', ([, caches, shared]) => {
    const error = refusal(caches, shared)
    expect(inspect(error, { depth: 10 })).not.toContain('s3cret')
  })

  function mappedTo(to: string): unknown {
    return { a: { location: service, sentinels, sentinelOptions: { addressMap: { 'h:1': to } } } }
  }

  function mappedFrom(from: string): unknown {
    return { a: { location: service, sentinels, sentinelOptions: { addressMap: { [from]: 'h:1' } } } }
  }
})

function refusal(caches: unknown, shared?: unknown): ConfigurationError {
  try {
    createCaches(caches as Record<string, CacheOptions>, shared as CacheOptions)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError)
    return error as ConfigurationError
  }
  throw new Error('a ConfigurationError was expected')
}

function resolved(own: CacheOptions, shared: CacheOptions = {}): ResolvedCache {
  return resolveCache('a', own, shared)
}

function remote(own: CacheOptions, shared: CacheOptions = {}): ResolvedRemote {
  const { client } = resolved(own, shared)
  if (typeof client !== 'object') throw new Error(`servers were expected, got ${String(client)}`)
  return client
}

const known = [
  'location',
  'client',
  'connectionFactory',
  'pool',
  'sentinels',
  'sentinelOptions',
  'username',
  'password',
  'tls',
  'database',
  'clientName',
  'connectTimeout',
  'attemptTimeout',
  'readDeadline',
  'writeDeadline',
  'maxPending',
  'readFrom',
  'zone',
  'readYourWrites',
  'prefix',
  'version',
  'keyFunction',
  'reverseKeyFunction',
  'ttl',
  'serializer',
  'pickleProtocol',
  'compressor',
  'compressMinLength',
  'compressLevel',
  'maxDecodedBytes',
  'maxDecodedValues',
  'decoders',
  'format',
  'failSafe',
  'onError',
  'logger',
  'encryption',
  'closeTimeout',
]

function mapped(addressMap: NonNullable<CacheOptions['sentinelOptions']>['addressMap']): Record<string, unknown> {
  return { location: service, sentinels, sentinelOptions: addressMap === undefined ? {} : { addressMap } }
}

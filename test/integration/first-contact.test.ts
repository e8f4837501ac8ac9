import { describe, expect } from 'vitest'
import type { ConnectionOptions } from '../../src/connection/options.js'
import { isPermanent } from '../../src/connection/back-off.js'
import { ConnectionError, SentinelUnreachableError, UnsupportedError } from '../../src/errors.js'
import type { CacheOptions } from '../../src/index.js'
import { type LabServer } from '../../src/lab/index.js'
import { at, test as withCaches, under } from '../support/caches.js'
import { makeAuthority, makeCertificate } from '../support/certificates.js'
import { patient, test as withConnections, text } from '../support/connection.js'
import { rejection } from '../support/rejection.js'

const test = withCaches
  .extend('authority', { scope: 'file' }, ({ lab }) => makeAuthority(lab.folder, 'authority'))
  .extend('secure', { scope: 'file' }, async ({ lab, authority }) => {
    const tls = await makeCertificate(lab.folder, authority, 'IP:127.0.0.1')
    return lab.group({ replicas: 0, sentinels: 1, tls: { ...tls, caFile: authority.certFile } })
  })
  .extend('clusterNode', { scope: 'file' }, async ({ lab }) => lab.server({ config: { 'cluster-enabled': 'yes' } }))
  .extend('open', { scope: 'file' }, ({ lab }) => lab.group({ replicas: 1, sentinels: 1 }))
  /** What `ready()` and a call of a cache with these options reject with. */
  .extend('refusals', ({ make }) => async (options: CacheOptions): Promise<readonly Error[]> => {
    const caches = make({ cache: options })
    const failures = [caches.ready(), caches.cache.get('k'), caches.cache.set('k', 1)].map(rejection)
    return (await Promise.all(failures)).map(({ error }) => error as Error)
  })

/** Long enough to connect; calls are tried again for a short time only. */
const patience = { connectTimeout: '20s', readDeadline: '1s', writeDeadline: '1s' } as const

describe('the location of a plain cache that is no server for it', () => {
  test.for([0, 1])('a sentinel, with database %d', async (database, { open, refusals }) => {
    const [sentinel] = open.sentinels as [LabServer]
    for (const error of await refusals({ location: at(sentinel, database) })) {
      expect(error).toBeInstanceOf(UnsupportedError)
      expect(error.message).toMatch(new RegExp(`^${sentinel.address}: is a sentinel.*name it in sentinels`))
      expect(isPermanent(error)).toBe(true)
    }
  })

  test.for([0, 1])('a node of a cluster, with database %d', async (database, { clusterNode, refusals }) => {
    for (const error of await refusals({ location: at(clusterNode, database) })) {
      expect(error).toBeInstanceOf(UnsupportedError)
      expect(error.message).toMatch(/is a node of a cluster; set client: 'cluster'/)
    }
  })

  test('a replica is one for reads: ready, a warning once, reads go on', async ({ open, make }) => {
    const [primary, replica] = open.nodes as [LabServer, LabServer]
    await make({ writer: { location: at(primary), minReplicas: 1 } }).writer.set('k', 'v')
    const warnings: string[] = []
    const logger = { warn: (message: string): number => warnings.push(message), error: expect.fail }
    const caches = make({ one: {}, other: { pool: { connections: 2 } } }, { location: at(replica), logger })
    await caches.ready()
    expect(await Promise.all([caches.one.get('k'), caches.other.get('k')])).toStrictEqual(['v', 'v'])
    expect(warnings).toStrictEqual([expect.stringMatching(`^${replica.address} is a replica and the only location`)])
  })

  test('a replica that is named as one is no reason for a warning', async ({ open, make }) => {
    const logger = { warn: expect.fail, error: expect.fail }
    await make({ cache: { location: `${at(open.nodes[1] as LabServer)}?role=replica`, logger } }).ready()
  })
})

test('a server as a sentinel is none', async ({ server, refusals }) => {
  const options: CacheOptions = { location: 'valkey://mymaster', sentinels: [server.address], ...patience }
  for (const error of await refusals(options)) {
    expect(error).toBeInstanceOf(SentinelUnreachableError)
    expect(error.message).toContain(`${server.address}: is no sentinel but a server (mode standalone)`)
  }
})

describe('TLS on one side only is what the error says', () => {
  const short = { connectTimeout: '200ms', readDeadline: '1s', writeDeadline: '1s' } as const

  test('a plain cache on a TLS port', async ({ secure, refusals }) => {
    for (const error of await refusals({ location: `valkey://${secure.nodes[0]?.address}`, ...patience })) {
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error.message).toMatch(/before it answered HELLO; does it expect TLS \(valkeys:\/\/\)\?/)
    }
  })

  test('a cache with TLS on a plain port', async ({ server, refusals }) => {
    for (const error of await refusals({ location: `valkeys://${server.address}`, ...short })) {
      expect(error).toBeInstanceOf(ConnectionError)
      expect(error.message).toMatch(/it waited for TLS; does the server speak TLS there\?/)
    }
  })

  test('plain questions to a sentinel with TLS', async ({ secure, authority, refusals }) => {
    const options = under(secure, { tls: { ca: authority.cert }, ...patience })
    for (const error of await refusals(options)) {
      expect(error).toBeInstanceOf(SentinelUnreachableError)
      expect(error.message).toMatch(/does it expect TLS/)
    }
  })

  test('a sentinel without TLS that is asked with TLS', async ({ open, refusals }) => {
    for (const error of await refusals(under(open, { ...short, sentinelOptions: { tls: true, timeout: 200 } }))) {
      expect(error).toBeInstanceOf(SentinelUnreachableError)
      expect(error.message).toMatch(/does the server speak TLS there\?/)
    }
  })
})

describe('credentials', () => {
  const never = (): Promise<string> => new Promise(() => {})

  withConnections.for<[name: string, options: ConnectionOptions]>([
    ['password', { password: never }],
    ['username', { username: never, password: () => 'x' }],
    ['username and the password', { username: never, password: never }],
  ])('whose %s function hangs are what the error names', async ([name, options], { server, connect }) => {
    const { error } = await rejection(connect(server, { connectTimeout: 100, ...options }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(String(error)).toContain(`it waited for the ${name} function, which has not answered`)
  })

  test('that never come, in a call that is over before: what to look at', async ({ open, make }) => {
    const location = at(open.nodes[0] as LabServer)
    const { cache } = make({ cache: { location, password: never, connectTimeout: '20s', readDeadline: 100 } })
    const { error } = await rejection(cache.get('k'))
    expect(String(error)).toMatch(/not connected yet.*longer than connectTimeout/)
  })

  test('that a sentinel asks for and does not get: where they belong', async ({ lab, refusals }) => {
    const group = await lab.group({ replicas: 0, sentinels: 1 })
    await (group.sentinels[0] as LabServer).command('ACL', 'SETUSER', 'default', 'resetpass', '>s3cret')
    for (const error of await refusals(under(group, patience))) {
      expect(error).toMatchObject({ code: 'E_AUTH' })
      expect(error.message).toMatch(/sentinel.*NOAUTH.*sentinelOptions/)
    }
  })
})

describe('a connection', () => {
  withConnections('knows its number in the list of the server', async ({ connection }) => {
    expect(connection.clientId).toBe(await connection.execute(text('CLIENT', 'ID'), patient()))
  })

  withConnections.for([
    ['6.2.14', false],
    ['7.0.0', true],
    ['7.4.1', true],
  ] as const)('to Redis %s is taken: %s', async ([version, taken], { connect, impostor }) => {
    const target = await impostor((socket) => socket.on('data', () => socket.write(helloOf(version))))
    const outcome = await connect(target).catch((error: unknown) => error)
    expect(outcome instanceof UnsupportedError).toBe(!taken)
    if (!taken) expect(String(outcome)).toContain(`:${target.port}: is Redis ${version}`)
  })
})

/** What Redis answers to HELLO 3. */
function helloOf(version: string): string {
  const fields = ['server', 'redis', 'version', version, 'proto', 3, 'id', 7, 'mode', 'standalone', 'role', 'master']
  const texts = fields.map((field) =>
    typeof field === 'number' ? `:${field}\r\n` : `$${field.length}\r\n${field}\r\n`,
  )
  return `%7\r\n${texts.join('')}$7\r\nmodules\r\n*0\r\n`
}

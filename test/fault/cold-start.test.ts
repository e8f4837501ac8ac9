import { describe, expect } from 'vitest'
import {
  AuthenticationError,
  createCaches,
  SentinelUnreachableError,
  UnknownServiceError,
  type Cache,
  type CacheOptions,
} from '../../src/index.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { test as base } from '../support/failover.js'
import { clientsOf } from '../support/leftovers.js'
import { Stopwatch } from '../support/stopwatch.js'

/** The default connectTimeout, and some for the clock that looks at it every 10 ms and a machine that is busy. */
const connectDeadline = 1_000 + 250

const sentinelCommands = ['get-master-addr-by-name', 'master', 'replicas', 'sentinels'].map(
  (name) => `+sentinel|${name}`,
)

const test = base
  .extend('group', ({ lab }) => lab.group({ replicas: 1, steady: false }))
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('cacheOf', ({}, { onCleanup }) => {
    const made: Cache[] = []
    onCleanup(async () => void (await Promise.all(made.map((cache) => cache.close()))))
    return ({ location, sentinelAddresses: sentinels }: LabGroup, options: CacheOptions = {}): Cache => {
      const { cold } = createCaches({ cold: { location, client: 'sentinel', sentinels, ...options } })
      made.push(cold)
      return cold
    }
  })

describe('the first call', () => {
  test('takes no second when the first sentinel is frozen', async ({ group, cacheOf }) => {
    group.sentinels[0]?.pause()
    for (const first of calls) {
      const { outcome, took } = await timed(() => first(cacheOf(group)))
      expect(outcome).not.toBeInstanceOf(Error)
      expect(took).toBeLessThanOrEqual(1_000)
    }
  })

  test('is served when one sentinel is left of three', async ({ group, cacheOf }) => {
    await group.sentinels[0]?.kill()
    group.sentinels[1]?.pause()
    const { outcome, took } = await timed(() => cacheOf(group).set('k', 1))
    expect(outcome).toBe(true)
    expect(took).toBeLessThanOrEqual(1_000)
  })

  test('is served when a seed has a name that nobody resolves', async ({ group, cacheOf }) => {
    const [known] = group.sentinelAddresses
    const cache = cacheOf(group, { sentinels: [['no-such-host.invalid', 26_379], known ?? 'none'] })
    expect(await cache.set('k', 1)).toBe(true)
  })

  test('finds the other sentinels by one of them', async ({ group, cacheOf }) => {
    const cache = cacheOf(group, { sentinels: group.sentinelAddresses.slice(0, 1) })
    await cache.set('k', 1)
    const addresses = group.sentinels.map(({ address }) => address)
    await eventually(() => cache.topology().sentinels.toSorted().join() === addresses.toSorted().join())
  })

  test('keeps one connection to a sentinel, and counts it once, when its seed is a host name and it calls itself by IP', async ({
    group,
    cacheOf,
  }) => {
    const sentinels = group.sentinels.map(({ port }) => ['localhost', port] as const)
    const cache = cacheOf(group, { sentinels, clientName: 'named' })
    await cache.set('k', 1)
    const seeds = sentinels.map((seed) => seed.join(':')).join()
    await eventually(() => cache.topology().sentinels.toSorted().join() === seeds)
    const named = async (sentinel: LabServer): Promise<number> =>
      (await clientsOf(sentinel)).filter((client) => client.includes(' name=named ')).length
    for (const sentinel of group.sentinels) await eventually(async () => (await named(sentinel)) === 1)
  })
})

describe('without a sentinel', () => {
  test.for<[what: string, put: (sentinel: LabServer) => unknown]>([
    ['killed', (sentinel) => sentinel.kill()],
    ['frozen', (sentinel) => sentinel.pause()],
  ])(
    'all %s: SentinelUnreachableError within the connect deadline, also later',
    async ([, put], { group, cacheOf }) => {
      await Promise.all(group.sentinels.map(put))
      const cache = cacheOf(group)
      for (const call of [...calls, ...calls]) {
        const { outcome, took } = await timed(() => call(cache))
        expect(outcome).toBeInstanceOf(SentinelUnreachableError)
        expect(outcome).toMatchObject({
          serviceName: 'mymaster',
          tried: group.sentinels.map(({ address }): unknown => expect.stringContaining(address)),
        })
        expect(took).toBeLessThanOrEqual(connectDeadline)
      }
    },
  )

  test('a cache is there as soon as one is back', async ({ group, cacheOf }) => {
    await Promise.all(group.sentinels.map((sentinel) => sentinel.kill()))
    const cache = cacheOf(group)
    await expect(cache.get('k')).rejects.toBeInstanceOf(SentinelUnreachableError)
    await group.sentinels[1]?.start()
    await eventually(() => cache.set('k', 1), { timeout: 5_000 })
  })
})

describe('a service', () => {
  test('that no sentinel knows is an UnknownServiceError within the connect deadline', async ({ group, cacheOf }) => {
    const cache = cacheOf(group, { location: 'valkey://MyMaster/0' })
    for (const call of calls) {
      const { outcome, took } = await timed(() => call(cache))
      expect(outcome).toBeInstanceOf(UnknownServiceError)
      expect(outcome).toMatchObject({
        serviceName: 'MyMaster',
        message: expect.stringContaining('case counts') as string,
      })
      expect(took).toBeLessThanOrEqual(connectDeadline)
    }
  })

  test('that two of three sentinels do not know is found all the same', async ({ group, cacheOf }) => {
    for (const sentinel of group.sentinels.slice(1)) await sentinel.command('SENTINEL', 'REMOVE', 'mymaster')
    expect(await cacheOf(group).set('k', 1)).toBe(true)
  })
})

describe('credentials', () => {
  test('of sentinels and nodes are their own: passwords', async ({ lab, cacheOf }) => {
    const group = await lab.group({
      replicas: 1,
      steady: false,
      config: { requirepass: 'for-nodes' },
      sentinelConfig: { requirepass: 'for-sentinels' },
    })
    const cache = cacheOf(group, { password: 'for-nodes', sentinelOptions: { password: 'for-sentinels' } })
    expect(await cache.set('k', 1)).toBe(true)
    expect(await cache.get('k', { readFrom: 'replica' })).toBe(1)
  })

  test('of sentinels and nodes are their own: users that may do the least', async ({ group, cacheOf }) => {
    const least = ['~*', '+get', '+set', '+ping']
    await allow(group.nodes, 'app', 'one', least)
    await allow(group.sentinels, 'watcher', 'two', ['allchannels', '+subscribe', ...sentinelCommands])
    const cache = cacheOf(group, {
      username: 'app',
      password: () => 'one',
      sentinelOptions: { username: 'watcher', password: async () => 'two' },
    })
    expect(await cache.set('k', 1)).toBe(true)
    expect(await cache.get('k', { readFrom: 'replica' })).toBe(1)
  })

  test('that the sentinels refuse are an AuthenticationError that says so', async ({ lab, cacheOf }) => {
    const group = await lab.group({ replicas: 1, steady: false, sentinelConfig: { requirepass: 'right' } })
    for (const password of ['wrong', undefined]) {
      const cache = cacheOf(group, password === undefined ? {} : { sentinelOptions: { password } })
      const { outcome, took } = await timed(() => cache.get('k'))
      expect(outcome).toBeInstanceOf(AuthenticationError)
      expect(String(outcome)).toMatch(/this sentinel .*(WRONGPASS|NOAUTH).* sentinelOptions/)
      expect(String(outcome)).not.toContain('wrong')
      expect(took).toBeLessThanOrEqual(connectDeadline)
    }
  })

  test('that lack a right on the sentinels are an AuthenticationError that says which', async ({ group, cacheOf }) => {
    const lacking: readonly (readonly [taken: string, said: string, rule: string])[] = [
      ['-subscribe', 'run SUBSCRIBE', '+subscribe'],
      ['resetchannels', 'listen to its messages', '&+switch-master'],
      ...sentinelCommands.map(
        (rule) => [`-${rule.slice(1)}`, `run ${rule.slice(1).toUpperCase().replace('|', ' ')}`, rule] as const,
      ),
    ]
    const check = async (taken: string, said: string, rule: string): Promise<void> => {
      await allow(group.sentinels, taken, 'two', ['allchannels', '+subscribe', ...sentinelCommands, taken])
      const { outcome } = await timed(() =>
        cacheOf(group, { sentinelOptions: { username: taken, password: 'two' } }).get('k'),
      )
      expect(outcome).toBeInstanceOf(AuthenticationError)
      expect(String(outcome)).toContain(`this sentinel does not let our user ${said} (NOPERM)`)
      expect(String(outcome)).toContain(`ACL SETUSER <user> ${rule}`)
    }
    await Promise.all(lacking.map((row) => check(...row)))
  })

  test('that one sentinel refuses keep nobody from asking the others', async ({ group, cacheOf }) => {
    await group.sentinels[0]?.command('CONFIG', 'SET', 'requirepass', 'unknown').catch(() => {})
    expect(await cacheOf(group).set('k', 1)).toBe(true)
  })

  test('that the nodes refuse are an AuthenticationError, and no reason to doubt the topology', async ({
    lab,
    cacheOf,
  }) => {
    const group = await lab.group({ replicas: 1, steady: false, config: { requirepass: 'right' } })
    const cache = cacheOf(group, { password: 'wrong', writeDeadline: 1_000 })
    for (const call of calls) expect((await timed(() => call(cache))).outcome).toBeInstanceOf(AuthenticationError)
    const questions = await askedOf(group.sentinels)
    const startedAt = performance.now()
    await eventually(() => performance.now() - startedAt > 1_000)
    expect((await askedOf(group.sentinels)) - questions).toBeLessThanOrEqual(group.sentinels.length * 2)
  })
})

const calls: readonly ((cache: Cache) => Promise<unknown>)[] = [(cache) => cache.get('k'), (cache) => cache.set('k', 1)]
/** What came of it, errors included, and how long it took; less what this process stood still itself. */
async function timed(work: () => Promise<unknown>): Promise<{ readonly outcome: unknown; readonly took: number }> {
  const watch = new Stopwatch()
  const outcome = await work().catch((error: unknown) => error)
  return { outcome, took: watch.stop() }
}

async function allow(
  servers: readonly LabServer[],
  user: string,
  password: string,
  rules: readonly string[],
): Promise<void> {
  await Promise.all(
    servers.map((server) => server.command('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, ...rules)),
  )
}

/** How often these sentinels were asked for the service. */
async function askedOf(sentinels: readonly LabServer[]): Promise<number> {
  const stats = await Promise.all(sentinels.map((sentinel) => sentinel.command('INFO', 'commandstats')))
  return stats.reduce(
    (sum: number, text) => sum + Number(/cmdstat_sentinel\|replicas:calls=(\d+)/.exec(String(text))?.[1] ?? 0),
    0,
  )
}

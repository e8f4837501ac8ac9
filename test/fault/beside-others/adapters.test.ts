import { expect } from 'vitest'
import { secondaryStorage } from '../../../src/adapters/better-auth.js'
import { sessionStore, type StoredSession } from '../../../src/adapters/express-session/index.js'
import { keyvStore } from '../../../src/adapters/keyv/index.js'
import { rateLimitStore } from '../../../src/adapters/rate-limit.js'
import { createCacheSessionStorage } from '../../../src/adapters/react-router.js'
import { unstorageDriver } from '../../../src/adapters/unstorage.js'
import type { Cache } from '../../../src/index.js'
import { eventually, startTraffic, type LabServer, type Traffic } from '../../../src/lab/index.js'
import { called } from '../../support/called.js'
import { test, under } from '../../support/caches.js'
import { replicasHave } from '../../support/replicas-have.js'

const faults: Readonly<Record<string, (primary: LabServer) => unknown>> = {
  killed: (primary) => primary.kill(),
  frozen: (primary) => primary.pause(),
}

test.for(Object.entries(faults))(
  'a primary is %s: whoever asks an adapter gets its answer or an error',
  async ([, strike], { lab, make }) => {
    const group = await lab.group({ downAfter: 1_000 })
    const { cache } = make({ cache: under(group, { failSafe: true, logger: { warn: () => {}, error: () => {} } }) })
    const primary = await group.primary()
    const operations = await operationsOn(cache)
    await replicasHave(primary, group.nodes)
    const traffic = trafficOf(operations)
    await eventually(() => traffic.every(([, { succeeded }]) => succeeded >= 5))
    await strike(primary)
    const { at } = await group.addressChanged(primary.address)
    await eventually(() => traffic.every(([, each]) => each.report().firstSuccessAfter(at) !== undefined), {
      timeout: 30_000,
    })
    primary.resume()
    for (const [name, each] of traffic) {
      const { unsettled, failures } = await each.stop()
      expect([name, unsettled, [...failures.keys()].filter((code) => !code.startsWith('E_'))]).toEqual([name, 0, []])
    }
  },
)

test('sessions that were written before an ordered failover, and while it goes on, are all there after it', async ({
  lab,
  make,
}) => {
  const group = await lab.group()
  const { cache } = make({ cache: under(group, { writeDeadline: '30s' }) })
  const store = sessionStore(cache)
  const written: number[] = []
  const write = async (n: number): Promise<void> => {
    await called((callback) => store.set(`user-${n}`, sessionOf(n), callback))
    written.push(n)
  }
  const writes = startTraffic({ rate: 100, operation: write })
  await eventually(() => written.length >= 50)
  await group.failover()
  const switchedAt = written.length
  await eventually(() => written.length >= switchedAt + 50, { timeout: 30_000 })
  const { failures, unsettled } = await writes.stop()
  expect([unsettled, ...failures]).toEqual([0])
  const read = await Promise.all(written.map((n) => called((callback) => store.get(`user-${n}`, callback))))
  expect(read).toEqual(written.map(sessionOf))
})

function trafficOf(operations: Operations): [name: string, traffic: Traffic][] {
  return Object.entries(operations).map(([name, operation]) => [name, startTraffic({ rate: 20, operation })])
}

type Operations = Readonly<Record<string, (n: number) => Promise<unknown>>>

/** Reads and writes through every adapter. What is written here, before all others, must be read, or the read must fail. */
async function operationsOn(cache: Cache): Promise<Operations> {
  const sessions = sessionStore(cache)
  const storage = createCacheSessionStorage<{ n: number }>(cache, { cookie: { name: 'id', secrets: ['no secret'] } })
  const [keyv5, keyv6] = [keyvStore(cache), keyvStore(cache, { keyv: 6 })]
  const driver = unstorageDriver(cache)
  const auth = secondaryStorage(cache)
  const limits = rateLimitStore(cache)
  await called((callback) => sessions.set('settled', sessionOf(0), callback))
  await Promise.all([keyv5.set('5', 'x'), keyv6.set('6', 'x'), driver.setItem('u', 'x'), auth.set('a', 'x')])
  const routed = await storage.getSession()
  routed.set('n', 0)
  const cookie = await storage.commitSession(routed)
  return {
    'express-session': alternately(
      (n) => called((callback) => sessions.set(`s${n}`, sessionOf(n), callback)),
      async () => mustBe(await called((callback) => sessions.get<StoredSession>('settled', callback))),
      () => called((callback) => sessions.touch('settled', sessionOf(0), callback)),
    ),
    'react-router': alternately(
      () => storage.commitSession(routed),
      async () => mustBe((await storage.getSession(cookie)).get('n')),
    ),
    'keyv 5': alternately(
      (n) => keyv5.set(`k${n}`, 'x'),
      async () => mustBe(await keyv5.get('5')),
    ),
    'keyv 6': alternately(
      (n) => keyv6.set(`l${n}`, 'x'),
      async () => mustBe(await keyv6.get('6')),
    ),
    unstorage: alternately(
      (n) => driver.setItem(`i${n}`, 'x'),
      async () => mustBe(await driver.getItem('u')),
    ),
    'better-auth': alternately(
      (n) => auth.set(`b${n}`, 'x'),
      async () => mustBe(await auth.get('a')),
      counted(() => auth.increment('counter', 60)),
    ),
    'rate-limit': counted(async () => (await limits.increment('client')).totalHits),
  }
}

function alternately(...steps: readonly ((n: number) => Promise<unknown>)[]): (n: number) => Promise<unknown> {
  return async (n) => steps[n % steps.length]?.(n)
}

/** A counter may lose what a killed primary took along, and never counts more than it was asked to. */
function counted(increment: () => Promise<number>): () => Promise<void> {
  let asked = 0
  return async () => {
    asked++
    if ((await increment()) > asked) throw new Error('A hit counted twice.')
  }
}

function mustBe(found: unknown): void {
  if (found === undefined || found === null) throw new Error('What is there was taken for missing.')
}

function sessionOf(n: number): StoredSession & { readonly user: number } {
  return { cookie: { originalMaxAge: null, expires: null }, user: n }
}

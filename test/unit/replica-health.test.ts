import { expect, test } from 'vitest'
import type { PrimaryPresence } from '../../src/clients/routing/replica-fitness.js'
import { ReplicaHealth } from '../../src/clients/routing/replica-health.js'
import type { Reply } from '../../src/connection/connection.js'
import { Node } from '../../src/connection/node.js'
import type { RoleReport } from '../../src/connection/resp/role.js'
import type { TopologyEvent } from '../../src/topology/events.js'
import { IdlePool, takeDown } from '../support/nodes.js'

type ReplicaReport = Extract<RoleReport, { role: 'replica' }>

test('a replica whose lag is not known is not read with maxLag, and says so', async () => {
  const { health, told, replica } = await healthy({ maxLag: 1_000 })
  expect(isRead(health, replica)).toBe(false)
  expect(health.whyUnfit(replica)).toBe('does not say how far it is behind its primary')
  health.hearPrimary(500, 0)
  expect(health.hear(replica, report({ offset: 500 }), 10)).toBe(true)
  expect([isRead(health, replica), health.lagOf(replica), told]).toStrictEqual([true, 0, []])
})

test('one whose link is down is as far behind as the place says that it had last', async () => {
  const { health, told, replica } = await healthy({ maxLag: 1_000 })
  for (let beat = 0; beat <= 10; beat++) health.hearPrimary(beat * 100, beat * 250)
  health.hear(replica, report({ offset: 400 }), 1_500)
  health.hear(replica, report({ link: 'searching', offset: undefined }), 1_600)
  expect([health.lagOf(replica), isRead(health, replica)]).toStrictEqual([350, true])
  health.hear(replica, report({ link: 'searching', offset: undefined }), 2_500)
  expect(isRead(health, replica)).toBe(false)
  expect(told).toStrictEqual([
    { type: 'replica-ejected', address: replica.address, reason: 'is 1250 ms behind its primary' },
  ])
})

test('one that lost its connection is read again when it says that it is linked, and at once where there is no primary', async () => {
  const { health, told, replica, pool, presence } = await healthy({})
  expect(isRead(health, replica)).toBe(true)
  pool.link = 'sync'
  replica.onChange((node) => health.changed(node))
  const heard = beatOf(replica)
  takeDown(replica)
  await heard
  expect([isRead(health, replica), health.whyUnfit(replica)]).toStrictEqual([
    false,
    'has not synced with its primary yet',
  ])
  presence.now = 'gone'
  expect(isRead(health, replica)).toBe(true)
  presence.now = 'up'
  expect(told.map(({ type }) => type)).toStrictEqual(['replica-ejected'])
})

/** A pool whose server answers ROLE as a replica. */
class ReplicaPool extends IdlePool {
  link = 'connected'

  override async execute(): Promise<Reply> {
    return ['slave', 'primary', 1, this.link, this.link === 'connected' ? 1 : -1]
  }

  /** Its connections come up at once, and their server says this of its link. */
  override connect(): Promise<void> {
    this.connected = true
    return Promise.resolve()
  }
}

interface Setup {
  readonly health: ReplicaHealth
  readonly told: TopologyEvent[]
  readonly replica: Node
  readonly pool: ReplicaPool
  readonly presence: { now: PrimaryPresence }
}

/** A replica that is up and linked, and what looks after it. */
async function healthy({ maxLag }: { readonly maxLag?: number }): Promise<Setup> {
  const [told, presence, pool] = [[] as TopologyEvent[], { now: 'up' as PrimaryPresence }, new ReplicaPool()]
  const health = new ReplicaHealth(
    maxLag,
    () => presence.now,
    (event) => told.push(event),
  )
  const replica = new Node({ host: 'replica', port: 1, role: 'replica' }, pool)
  const heard = beatOf(replica)
  replica.keepUp()
  await heard
  health.keep([replica])
  health.changed(replica)
  return { health, told, replica, pool, presence }
}

function beatOf(node: Node): Promise<void> {
  return new Promise((resolve) => void node.onBeat(() => resolve()))
}

function isRead(health: ReplicaHealth, replica: Node): boolean {
  return health.fit({ primary: [], replica: [replica] }).replica.length > 0
}

function report(own: Partial<ReplicaReport>): ReplicaReport {
  return { role: 'replica', primary: 'primary:1', link: 'connected', offset: 0, ...own }
}

import { expect } from 'vitest'
import { ReplicatedRouter } from '../../../src/clients/routing/replicated.js'
import type { CallContext } from '../../../src/clients/routing/router.js'
import { addressOf, type Push } from '../../../src/connection/connection.js'
import { loopClock } from '../../../src/connection/deadlines.js'
import type { Initialiser } from '../../../src/connection/initialiser.js'
import { MultiplexedPool } from '../../../src/connection/multiplexed-pool.js'
import { Node, type NodeSource } from '../../../src/connection/node.js'
import { resolveConnectionOptions } from '../../../src/connection/options.js'
import { Registry } from '../../../src/connection/registry.js'
import { RespConnectionFactory } from '../../../src/connection/resp/factory.js'
import { ConnectionInterruptedError } from '../../../src/errors.js'
import { eventually, type LabGroup, type LabServer } from '../../../src/lab/index.js'
import type { TopologyProvider } from '../../../src/topology/provider.js'
import { subscribeInitialiser } from '../../../src/topology/sentinel/link.js'
import { SentinelProvider } from '../../../src/topology/sentinel/provider.js'
import { monotonicClock } from '../../../src/units.js'
import { patient, subscribe, text, within } from '../../support/connection.js'
import { test as base } from '../../support/failover.js'
import { rejection } from '../../support/rejection.js'

const tracking: Initialiser = { name: 'TRACKING', command: text('CLIENT', 'TRACKING', 'ON', 'BCAST') }

interface Told {
  readonly push: Push
  readonly node: Node
  readonly generation: number
}

const test = base
  .extend('group', ({ lab }) => lab.group({ downAfter: 3_000 }))
  .extend('router', ({ group }, { onCleanup }) => {
    const router = routerOf(group)
    onCleanup(() => router.destroy(new Error('over')))
    return router
  })

test('invalidations reach their listener through a failover, with the node and the connection that they came by', async ({
  group,
  router,
}) => {
  const told: Told[] = []
  const lost: Omit<Told, 'push'>[] = []
  router.onPush((push, node, generation) => told.push({ push, node, generation }))
  router.onLost((node, generation) => lost.push({ node, generation }))
  const first = await primaryOf(router)
  const change = (server: LabServer, key: string): Promise<Told> =>
    eventually(async () => {
      await server.command('SET', key, 'x')
      return told.find(({ push, node }) => node.address === server.address && String(push[1]) === key) ?? false
    })
  const before = await change(await group.primary(), 'before')
  expect(before).toMatchObject({ push: ['invalidate', ['before']], node: first })
  const next = await group.failover()
  await eventually(() => router.topology().nodes.every(({ state }) => state === 'up'))
  const after = await change(next, 'after')
  expect(after.generation).toBeGreaterThan(before.generation)
  const ended = lost.filter(({ node }) => node === first)
  expect(ended.some(({ generation }) => generation >= before.generation)).toBe(true)
  expect(lost.filter(({ node, generation }) => node === after.node && generation >= after.generation)).toEqual([])
  const byAnother = ({ push, node }: Told): boolean => String(push[1]) === 'after' && node.address !== next.address
  // One that has synced anew since has the first value from that, and tells of the next.
  await eventually(async () => {
    await next.command('SET', 'after', 'x')
    return told.some(byAnother)
  })
})

test('leased connections block, transact and wait beside the shared one, and end with a switch', async ({
  group,
  router,
}) => {
  const { pool } = await primaryOf(router)
  const { connection: blocking } = await pool.lease(patient())
  const { connection: own, release } = await pool.lease(patient())
  const popped = blocking.execute(text('BLPOP', 'list', '0'), patient())
  expect(await own.batch([text('MULTI'), text('SET', 'k', '1'), text('INCR', 'k'), text('EXEC')], patient())).toEqual([
    'OK',
    'QUEUED',
    'QUEUED',
    ['OK', 2],
  ])
  expect(await own.execute(text('WAIT', '2', '10000'), patient())).toBe(2)
  await own.execute(text('WATCH', 'k'), patient())
  await pool.execute(text('SET', 'k', '5'), patient())
  expect((await own.batch([text('MULTI'), text('INCR', 'k'), text('EXEC')], patient())).at(-1)).toBeNull()
  await pool.execute(text('RPUSH', 'list', 'v'), patient())
  expect(await popped).toEqual(['list', 'v'])
  release()
  await expect(own.execute(text('PING'), within(1_000))).rejects.toThrow(/is closed/)

  const messages: Push[] = []
  const { connection: subscribed } = await pool.lease(patient())
  subscribed.onPush((push) => messages.push(push))
  await subscribed.execute(subscribe('news'), patient())
  await pool.execute(text('PUBLISH', 'news', 'hello'), patient())
  await eventually(() => messages.length === 1)
  expect(messages).toEqual([['message', 'news', 'hello']])
  const stuck = rejection(blocking.execute(text('BLPOP', 'list', '0'), patient()))
  let over: Error | undefined
  subscribed.onLost((reason) => (over = reason))
  const before = (await group.primary()).address
  await group.failover()
  expect((await stuck).error).toBeInstanceOf(ConnectionInterruptedError)
  await eventually(() => over !== undefined)
  expect((await primaryOf(router)).address).not.toBe(before)
})

/** A router of the group whose connections track everything. */
function routerOf({ serviceName, sentinels }: LabGroup): ReplicatedRouter {
  const options = resolveConnectionOptions({}, String)
  const [toSentinels, toNodes] = [[subscribeInitialiser], [tracking]].map(
    (initialisers) => new RespConnectionFactory(options, { initialisers }),
  ) as [RespConnectionFactory, RespConnectionFactory]
  const [providers, registry] = [new Registry<TopologyProvider>(), new Registry<Node>()]
  const provider = providers.borrow('', () => {
    const seeds = sentinels.map(({ host, port }) => ({ host, port }))
    return new SentinelProvider(
      { serviceName, seeds, timeout: 400, fenceAfter: undefined },
      toSentinels,
      monotonicClock,
    )
  })
  const nodes: NodeSource = (target) =>
    registry.borrow(
      `${target.role} ${addressOf(target)}`,
      () => new Node(target, new MultiplexedPool(target, toNodes, { connections: 1, leases: 64 })),
    )
  const settings = {
    maxPending: options.maxPending,
    connectTimeout: 1_000,
    holdTimeout: 3_000,
    maxLag: undefined,
    fenceAfter: undefined,
  }
  return new ReplicatedRouter(provider, nodes, settings)
}

/** The node that takes writes, once all that serve are connected. */
async function primaryOf(router: ReplicatedRouter): Promise<Node> {
  await router.pick({ name: 'PING', intent: 'read', keys: [], args: ['PING'] }, anyNode())
  const primary = await router.pick({ name: 'PING', intent: 'write', keys: [], args: ['PING'] }, anyNode())
  await eventually(() => router.topology().nodes.filter(({ state }) => state === 'up').length >= 2)
  return primary
}

function anyNode(): CallContext {
  return {
    sequence: ++calls,
    started: loopClock.now(),
    deadline: loopClock.now() + 5_000,
    attemptTimeout: undefined,
    signal: undefined,
    readFrom: 'any',
    own: false,
    tried: new Set(),
    refusal: undefined,
  }
}

let calls = 0

import { expect } from 'vitest'
import type { CacheEvents } from '../../../src/index.js'
import { eventually, type LabServer } from '../../../src/lab/index.js'
import { test, under } from '../../support/caches.js'

const names = [
  'primary-changed',
  'replica-added',
  'replica-removed',
  'replica-ejected',
  'replica-restored',
  'sentinel-lost',
  'sentinel-found',
  'disagreement',
] as const

test('a replica and a sentinel that die, freeze and come back are told of, once each and of nothing else', async ({
  lab,
  make,
}) => {
  const group = await lab.group({ downAfter: 3_000 })
  const replica = group.nodes[1] as LabServer
  const sentinel = group.sentinels[1] as LabServer
  const { cache } = make({ cache: under(group) })
  const told: CacheEvents[keyof CacheEvents][] = []
  await cache.get('k')
  await cache.set('k', 1)
  await eventually(() => {
    const { nodes, sentinels } = cache.topology()
    const read = nodes.filter(({ role, state, lag }) => state === 'up' && (role === 'primary' || lag !== undefined))
    return sentinels.length === 3 && read.length === 3
  })
  for (const name of names) cache.on(name, (event) => told.push(event))
  const tells = async (act: () => unknown, expected: object): Promise<void> => {
    const before = told.length
    await act()
    await eventually(() => told.length > before, { timeout: 7_000 })
    expect(told.at(-1)).toMatchObject(expected)
  }
  const { address } = replica
  const reason = (pattern: RegExp): unknown => expect.stringMatching(pattern)
  await tells(() => replica.kill(), { type: 'replica-ejected', address, reason: reason(/closed|ECONN/) })
  await tells(() => replica.start(), { type: 'replica-restored', address })
  await tells(() => replica.pause(), { type: 'replica-ejected', address, reason: reason(/does not answer/) })
  await tells(() => replica.resume(), { type: 'replica-restored', address })
  await tells(() => sentinel.kill(), { type: 'sentinel-lost', address: sentinel.address })
  await tells(() => sentinel.start(), { type: 'sentinel-found', address: sentinel.address })
  expect(told).toHaveLength(6)
})

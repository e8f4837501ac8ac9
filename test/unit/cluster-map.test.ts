import { describe, expect, test } from 'vitest'
import { diffMaps } from '../../src/topology/cluster/diff.js'
import { identify, type KnownShard } from '../../src/topology/cluster/identity.js'
import { mapOf } from '../../src/topology/cluster/map.js'
import { hasRivals, isWhole, shardOfNode, withoutRivals, type ClusterView } from '../../src/topology/cluster/view.js'
import { addressAt, at, primary, replica, shard, twoShards } from '../support/cluster-views.js'

describe('a shard is the same one', () => {
  test('when its primary changes', () => {
    expect(keysOf([shard([replica(1), primary(11)], [0, 8_191]), ...twoShards.slice(1)])).toStrictEqual(['1', '2'])
  })

  test('when its slots change, and another shard has those it had', () => {
    const swapped = [shard(twoShards[1]?.nodes ?? [], [0, 8_191]), shard(twoShards[0]?.nodes ?? [], [8_192, 16_383])]
    expect(keysOf(swapped)).toStrictEqual(['2', '1'])
  })

  test('when a node of it has another address by now', () => {
    const elsewhere = primary(1, { target: at(77) })
    expect(keysOf([shard([elsewhere], [0, 8_191]), ...twoShards.slice(1)])).toStrictEqual(['1', '2'])
  })

  test('when it was known by one address only, and the map has its names', () => {
    const alone = shard([primary(9, { id: undefined })], [0, 1])
    const known = identify([], [alone], counter())
    expect(identify(known, [shard([primary(9), replica(19)], [0, 9])], counter(5))[0]?.key).toBe('1')
  })

  test('and not another with a replica that came from it', () => {
    const moved = [shard([primary(1)], [0, 8_191]), shard([primary(2), replica(12), replica(11)], [8_192, 16_383])]
    expect(keysOf(moved)).toStrictEqual(['1', '2'])
  })

  test('and a new one when another node has its address', () => {
    const stranger = shard([primary(1, { id: 'other' })], [0, 8_191])
    expect(keysOf([stranger, ...twoShards.slice(1)])).toStrictEqual(['3', '2'])
  })
})

describe('a map', () => {
  test('has its shards in the order of their slots, those without any last', () => {
    const view = [shard([primary(3)]), ...twoShards.toReversed()]
    expect(mapOf(known(view), undefined).shards.map(({ primary: one }) => one?.port)).toStrictEqual([1, 2, 3])
  })

  test('is the one before where it says the same, and shares the shards that do not change', () => {
    const before = mapOf(known(twoShards), undefined)
    expect(mapOf(known(twoShards), before)).toBe(before)
    const after = mapOf(known([...twoShards.slice(0, 1), shard([primary(2)], [8_192, 16_383])]), before)
    expect(after).not.toBe(before)
    expect(after.shards[0]).toBe(before.shards[0])
  })

  test('has the replicas that are online', () => {
    const view = [shard([primary(1), replica(21), replica(11), replica(31, { online: false })], [0, 16_383])]
    expect(mapOf(known(view), undefined).shards[0]?.replicas).toStrictEqual([at(11), at(21)])
  })

  test('names the successor of a failed primary, and the failed one while there is none', () => {
    const failed = primary(1, { online: false })
    const primaryIn = (view: ClusterView): unknown => mapOf(known(view), undefined).shards[0]?.primary
    expect(primaryIn([shard([failed, primary(11)], [0, 16_383])])).toStrictEqual(at(11))
    expect(primaryIn([shard([failed, replica(11)], [0, 16_383])])).toStrictEqual(at(1))
  })
})

describe('what changed between two maps', () => {
  test('a failover moves no slots', () => {
    expect(changes([shard([replica(1), primary(11)], [0, 8_191]), ...twoShards.slice(1)])).toStrictEqual([])
  })

  test('slots that moved are told by where they were and are, as ranges', () => {
    const [one, two] = twoShards as [ClusterView[0], ClusterView[0]]
    const after = [shard(one.nodes, [10, 8_191]), shard(two.nodes, [0, 9], [8_192, 16_383])]
    expect(changes(after)).toStrictEqual([
      { type: 'slots-moved', from: addressAt(1), to: addressAt(2), slots: [[0, 9]] },
    ])
  })

  test('slots that nobody serves any more, and those that somebody serves again', () => {
    const without = [shard(twoShards[0]?.nodes ?? [], [0, 99], [200, 8_191]), ...twoShards.slice(1)]
    const gone = { type: 'slots-moved', from: addressAt(1), to: undefined, slots: [[100, 199]] }
    expect(changes(without)).toStrictEqual([gone])
    expect(changes(twoShards, without)).toStrictEqual([{ ...gone, from: undefined, to: addressAt(1) }])
  })
})

describe('a view', () => {
  test('is whole when all slots are served and all nodes are online', () => {
    expect(isWhole(twoShards)).toBe(true)
    expect(isWhole(twoShards.slice(1))).toBe(false)
    for (const node of [primary(1, { online: false }), replica(11, { online: false })])
      expect(isWhole([shard([node], [0, 8_191]), ...twoShards.slice(1)])).toBe(false)
  })

  test('with two primaries in a shard has the one that serves the slots; the other follows it', () => {
    const rivals = shard([primary(1), primary(11), replica(21)], [0, 8_191])
    const owners = [shard([primary(11), replica(21)], [0, 8_191]), ...twoShards.slice(1)]
    expect([rivals, ...twoShards].map(hasRivals)).toStrictEqual([true, false, false])
    expect(withoutRivals([rivals, ...twoShards.slice(1)], owners)).toStrictEqual([
      shard([replica(1), primary(11), replica(21)], [0, 8_191]),
      ...twoShards.slice(1),
    ])
    expect(hasRivals(shard([primary(1, { online: false }), primary(11)], [0, 1]))).toBe(false)
  })

  test('of nodes with one address the one that is online is meant', () => {
    const old = shard([primary(2), replica(11, { id: 'old', online: false })], [0, 1])
    const now = shard([primary(11)])
    expect(shardOfNode([old, now], addressAt(11))).toBe(now)
  })
})

function counter(first = 1): () => string {
  let next = first
  return () => String(next++)
}

function known(view: ClusterView): readonly KnownShard[] {
  return identify(identify([], twoShards, counter()), view, counter(3))
}

function keysOf(view: ClusterView): readonly string[] {
  return known(view).map(({ key }) => key)
}

function changes(after: ClusterView, before: ClusterView = twoShards): ReturnType<typeof diffMaps> {
  return diffMaps(mapOf(known(before), undefined), mapOf(known(after), undefined))
}

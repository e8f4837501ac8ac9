import { describe, expect, test } from 'vitest'
import {
  addEvidence,
  applyEvidence,
  evidenceOf,
  isProvisional,
  remaining,
  type Evidence,
} from '../../src/topology/cluster/evidence.js'
import type { ClusterView } from '../../src/topology/cluster/view.js'
import { signature, shardOfSlot, primaryOf, replicasOf } from '../../src/topology/cluster/view.js'
import { addressAt, at, primary, replica, shard, twoShards } from '../support/cluster-views.js'

/** The second shard begins here. */
const border = 8_192

describe('a MOVED', () => {
  test('to a replica of the slot’s shard says that the shard has a new primary', () => {
    const after = moved(twoShards, 5, 11, 1)
    expect(primaryPort(after, 5)).toBe(11)
    expect(primaryPort(after, 8_191)).toBe(11)
    expect(replicaPorts(after, 5)).toStrictEqual([1])
  })

  test('to another primary says that it serves this slot, and no other', () => {
    const after = moved(twoShards, 5, 2, 1)
    expect([4, 5, 6].map((slot) => primaryPort(after, slot))).toStrictEqual([1, 2, 1])
    expect(shardOfSlot(after, 5)?.slots).toStrictEqual([
      [5, 5],
      [border, 16_383],
    ])
  })

  test('to another shard’s replica says both', () => {
    const after = moved(twoShards, 5, 12, 1)
    expect([4, 5, border].map((slot) => primaryPort(after, slot))).toStrictEqual([1, 12, 12])
  })

  test('to an unknown node gives it the slot, and all later ones that are said to be there', () => {
    const after = moved(moved(twoShards, 5, 99, 1), 6, 99, 1)
    expect([4, 5, 6, 7].map((slot) => primaryPort(after, slot))).toStrictEqual([1, 99, 99, 1])
    expect(after).toHaveLength(3)
  })

  test('of a slot that nobody serves gives it to the node', () => {
    const after = moved(twoShards.slice(1), 5, 2, 12)
    expect(primaryPort(after, 5)).toBe(2)
  })

  test('that says what is known is no news', () => {
    expect(evidenceOf({ slot: 5, to: at(1), from: addressAt(2) }, twoShards, [], 0)).toStrictEqual([])
  })

  test('of one that does not serve the slot any more is not believed while the news is young', () => {
    const evidence = evidenceOf({ slot: 5, to: at(11), from: addressAt(1) }, twoShards, [], 0)
    const view = applyEvidence(twoShards, evidence)
    const back = { slot: 5, to: at(1), from: addressAt(2) }
    expect(evidenceOf(back, view, evidence, 500)).toStrictEqual([])
    expect(evidenceOf(back, view, evidence, 1_500)).not.toStrictEqual([])
    expect(evidenceOf({ ...back, from: addressAt(11) }, view, evidence, 500)).not.toStrictEqual([])
  })

  test('about a slot that was moved lately does not keep others from being believed', () => {
    const evidence = evidenceOf({ slot: 5, to: at(2), from: addressAt(1) }, twoShards, [], 0)
    const view = applyEvidence(twoShards, evidence)
    expect(evidenceOf({ slot: 5, to: at(1), from: addressAt(12) }, view, evidence, 1)).toStrictEqual([])
    expect(evidenceOf({ slot: 6, to: at(2), from: addressAt(11) }, view, evidence, 1)).toHaveLength(1)
  })
})

describe('a promotion', () => {
  test('leaves a primary that has failed out of the replicas', () => {
    const view = [shard([primary(1, { online: false }), replica(11), replica(21)], [0, 16_383])]
    expect(replicaPorts(applyEvidence(view, [promoted(11)]), 0)).toStrictEqual([21])
  })

  test('of a node that no shard has changes nothing', () => {
    expect(applyEvidence(twoShards, [promoted(99)])).toStrictEqual(twoShards)
  })

  test('is provisional until a map says so', () => {
    const view = applyEvidence(twoShards, [promoted(11)])
    expect(view.map((one) => isProvisional(one, [promoted(11)]))).toStrictEqual([true, false])
  })

  test('takes the place of an older one in the same shard, not in others', () => {
    const evidence = [promoted(11), promoted(12)]
    expect(addEvidence(evidence, [promoted(1, 5)], twoShards)).toStrictEqual([promoted(12), promoted(1, 5)])
  })
})

describe('beside a new map', () => {
  const after = applyEvidence(twoShards, [promoted(11)])

  test('what it says itself is no evidence any more', () => {
    expect(remaining([promoted(11, 10)], after, 20, 30)).toStrictEqual([])
  })

  test('what it does not say holds for a second', () => {
    const evidence = [promoted(11, 10)]
    expect(remaining(evidence, twoShards, 20, 1_009)).toStrictEqual(evidence)
    expect(remaining(evidence, twoShards, 20, 1_010)).toStrictEqual([])
  })

  test('what is younger than its questions holds however long the answers took', () => {
    const evidence = [promoted(11, 10)]
    expect(remaining(evidence, twoShards, 5, 2_000)).toStrictEqual(evidence)
  })

  test('a slot’s move is over once the map has it there', () => {
    const move: Evidence = { kind: 'slot', slot: 5, node: at(2), at: 10 }
    expect(remaining([move], applyEvidence(twoShards, [move]), 20, 30)).toStrictEqual([])
    expect(remaining([move], twoShards, 20, 30)).toStrictEqual([move])
  })
})

function promoted(port: number, when = 0): Evidence {
  return { kind: 'primary', node: at(port), at: when }
}

function moved(view: ClusterView, slot: number, to: number, from: number): ClusterView {
  const after = applyEvidence(view, evidenceOf({ slot, to: at(to), from: addressAt(from) }, view, [], 0))
  expect(signature(after)).not.toBe(signature(view))
  return after
}

function primaryPort(view: ClusterView, slot: number): number | undefined {
  const found = shardOfSlot(view, slot)
  return found && primaryOf(found)?.target.port
}

function replicaPorts(view: ClusterView, slot: number): readonly number[] {
  const found = shardOfSlot(view, slot)
  return found === undefined ? [] : replicasOf(found).map(({ target }) => target.port)
}

import { describe, expect, test } from 'vitest'
import { primariesIn } from '../../src/lab/cluster/owners.js'
import { chooseSlots } from '../../src/lab/cluster/reshard.js'
import { whyUnsettled } from '../../src/lab/cluster/settled.js'
import { evenRanges, parseRange, rangesOf, slotsIn, type SlotRange } from '../../src/lab/cluster/slots.js'
import type { ClusterView, ListedNode } from '../../src/lab/cluster/view.js'

describe('slots', () => {
  test.each([1, 2, 3, 7])('are divided evenly among %i shards', (shards) => {
    const ranges = evenRanges(shards)
    const sizes = ranges.map(([from, to]) => to - from + 1)
    expect(slotsIn(ranges)).toEqual(Array.from({ length: 16_384 }, (_, slot) => slot))
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
  })

  test('are read as servers write them, and put together in the fewest ranges', () => {
    expect([parseRange('7'), parseRange('7-9')]).toEqual([
      [7, 7],
      [7, 9],
    ])
    expect(rangesOf([9, 1, 2, 3, 10, 12])).toEqual([
      [1, 3],
      [9, 10],
      [12, 12],
    ])
  })

  test('are chosen from the highest, or as they are named', () => {
    expect(chooseSlots(2, [3, 1, 2])).toEqual([2, 3])
    expect(chooseSlots([1, 3], [1, 2, 3])).toEqual([1, 3])
    expect(() => chooseSlots(4, [1, 2, 3])).toThrow('slots must be from 1 to 3')
    expect(() => chooseSlots([1, 4], [1, 2, 3])).toThrow('does not own these slots: 4')
  })
})

describe('a cluster as its nodes see it', () => {
  const one = listed('one', { epoch: 1, slots: [[0, 8_191]] })
  const two = listed('two', { epoch: 2, slots: [[8_192, 16_383]] })
  const replica = listed('replica', { of: 'two', epoch: 2 })
  const all = [one, two, replica]
  const settled = all.map(({ id }) => view(id, all))

  test('has settled when all agree', () => {
    expect(whyUnsettled(settled)).toBeUndefined()
  })

  test.each<[string, readonly ClusterView[]]>([
    ['no node is alive', []],
    ['one:1 says cluster_state:fail', [view('one', all, { ok: false }), ...settled.slice(1)]],
    ['one:1 has a slot that is on its way', [view('one', all, { open: true }), ...settled.slice(1)]],
    ['replica:1 has no link', [...settled.slice(0, 2), view('replica', all, { linked: false })]],
    ['two:1 and one:1 see different owners', seenBy('two', [one, { ...two, slots: [[0, 16_383]] }, replica])],
    ['two:1 does not see replica:1 in good health', seenBy('two', [one, two, { ...replica, online: false }])],
    [
      'two:1 does not see replica:1 in good health',
      seenBy('two', [one, two, { ...replica, flags: ['slave', 'fail?'] }]),
    ],
    ['two:1 does not see replica:1 in good health', seenBy('two', [one, two, { ...replica, of: 'one' }])],
    ['two:1 does not see one:1 in good health', seenBy('two', [{ ...one, connected: false }, two, replica])],
    ['two:1 does not see yet that node gone has failed', seenBy('two', [...all, listed('gone', {})])],
    ['8192 slots belong to no live node', [view('one', [one])]],
    ['primaries share an epoch: 1, 1', everybodySees([one, { ...two, epoch: 1 }, replica])],
  ])('has not when %s', (reason, views) => {
    expect(whyUnsettled(views)).toContain(reason)
  })

  test('has a slot where the highest epoch says that it is', () => {
    const later = { ...two, epoch: 3, slots: [[0, 16_383]] as SlotRange[] }
    expect(primariesIn(settled)).toEqual(['one', 'two'])
    expect(primariesIn([...settled, view('two', [one, later, replica])])).toEqual(['two'])
  })

  function seenBy(id: string, nodes: readonly ListedNode[]): readonly ClusterView[] {
    return settled.map((other) => (other.id === id ? view(id, nodes) : other))
  }

  function everybodySees(nodes: readonly ListedNode[]): readonly ClusterView[] {
    return nodes.map(({ id }) => view(id, nodes))
  }
})

function view(id: string, nodes: readonly ListedNode[], seen: Partial<ClusterView> = {}): ClusterView {
  return { address: `${id}:1`, id, ok: true, linked: true, open: false, nodes, ...seen }
}

function listed(id: string, seen: Partial<ListedNode>): ListedNode {
  return { id, flags: ['master'], of: undefined, epoch: 0, connected: true, online: true, slots: [], ...seen }
}

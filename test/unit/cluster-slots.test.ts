import { describe, expect, test } from 'vitest'
import { missedSlots, nothingMoves, parseOwnership, placesOf } from '../../src/clients/cluster/ownership.js'
import { SlotTable } from '../../src/clients/cluster/slot-table.js'
import { commonSlot, crossSlotError } from '../../src/clients/cluster/slots-of.js'
import { unitsOf } from '../../src/clients/sharded/units.js'

describe('the table of slots', () => {
  const map = (...shards: [id: string, from: number, to: number][]): Parameters<SlotTable<string>['update']>[0] => ({
    shards: shards.map(([id, from, to]) => ({ id, primary: undefined, replicas: [], slots: [[from, to]] })),
  })

  test('says who serves a slot, and which slots have changed hands', () => {
    const table = new SlotTable<string>()
    expect(table.update(map(['a', 0, 99], ['b', 100, 16_383]), (id) => id).size).toBe(16_384)
    expect([table.at(0), table.at(99), table.at(100), table.at(16_383)]).toEqual(['a', 'a', 'b', 'b'])
    expect([...table.update(map(['a', 0, 97], ['b', 99, 16_383]), (id) => id)]).toEqual([98, 99])
    expect([table.at(98), table.at(99)]).toEqual([undefined, 'b'])
  })
})

describe('keys of one command', () => {
  test('lie in one slot by their tag, or in several', () => {
    expect(commonSlot(['{a}1', '{a}2', 'a'])).toBe(commonSlot(['a']))
    expect([commonSlot([]), commonSlot(['a', 'b'])]).toEqual([undefined, undefined])
    expect(crossSlotError('SUNION', ['a', '{a}x', 'b']).message).toMatch(/'a' lies in slot 15495 and 'b' in slot 3300/)
  })
})

describe('what a primary says of its slots', () => {
  const line = (slots: string): string =>
    [
      `id2 127.0.0.1:7002@17002,,shard-id=x master - 0 1 2 connected 8192-16383`,
      `id1 127.0.0.1:7001@17001,,shard-id=y myself,master - 0 1 1 connected ${slots}`,
      'id3 :0@0,noaddr master,fail,noaddr - 0 1 3 disconnected',
      '',
    ].join('\n')

  test('is its own line, with the slots that it hands over', () => {
    const own = parseOwnership(line('0-5 7 [5->-id2] [9-<-id2]'))
    expect(own).toMatchObject({
      id: 'id1',
      slots: [
        [0, 5],
        [7, 7],
      ],
    })
    expect([...(own?.leaving ?? [])]).toEqual([[5, 'id2']])
    expect(own?.nodes.get('id2')).toEqual({ host: '127.0.0.1', port: 7002 })
    expect(parseOwnership('')).toBeUndefined()
  })

  test('tells which slots a scan has to look at again', () => {
    const says = (slots: string): NonNullable<ReturnType<typeof parseOwnership>>[] =>
      [parseOwnership(line(slots))].flatMap((own) => own ?? [])
    const missed = (before: string, after: string): number[] => [
      ...missedSlots(placesOf(says(before)), placesOf(says(after))).keys(),
    ]
    expect(missed('0-3', '0-3')).toEqual([])
    expect(missed('0-3', '0-4')).toEqual([4])
    expect(missed('0-3', '0-3 [2->-id2]')).toEqual([2])
    expect(missed('0-3 [2->-id2]', '0-3 [2->-id2]')).toEqual([])
    expect(missed('0-3 [2->-id2]', '0-3 [2->-id4]')).toEqual([2])
    expect(nothingMoves(says('0-3'), says('0-3'))).toBe(true)
    expect(nothingMoves(says('0-3'), says('0-4'))).toBe(false)
    expect(nothingMoves(says('0-3 [2->-id2]'), says('0-3 [2->-id2]'))).toBe(false)
  })
})

describe('commands of one trip', () => {
  const cut = (text: string): number[] | undefined =>
    unitsOf(text.split(' ').map((name) => ({ args: [name], decode: 'text' })))?.map(({ length }) => length)

  test.each([
    ['get get', [1, 1]],
    ['get multi set set exec get', [1, 4, 1]],
    ['multi exec', [2]],
    ['multi set', undefined],
    ['set exec', undefined],
    ['multi set discard', undefined],
  ])('%s are redirected in parts of %j', (text, sizes) => {
    expect(cut(text)).toEqual(sizes)
  })
})

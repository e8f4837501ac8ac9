import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fields, Members } from '../../src/clients/memory/collections.js'
import { SortedSet } from '../../src/clients/memory/sorted-set.js'

const member = fc.string({ maxLength: 3 })
const changes = <T>(argument: fc.Arbitrary<T>): fc.Arbitrary<[boolean, string, T][]> =>
  fc.array(fc.tuple(fc.boolean(), member, argument), { maxLength: 100, size: 'max' })

test('a set, a hash and a sorted set count their bytes whatever is done to them', () => {
  fc.assert(
    fc.property(changes(fc.integer({ min: 0, max: 9 })), (all) => {
      const made = [new Members(), new Fields(), new SortedSet()] as const
      const [members, fields, zset] = made
      for (const [adds, name, value] of all) {
        if (adds) void [members.add(name), fields.set(name, 'x'.repeat(value)), zset.set(name, value)]
        else for (const one of made) one.delete(name)
      }
      const copies = [new Members(), new Fields(), new SortedSet()] as const
      for (const name of members) copies[0].add(name)
      for (const [name, value] of fields) copies[1].set(name, value)
      for (const { member: name, score } of zset.slice()) copies[2].set(name, score)
      expect(made.map(({ bytes }) => bytes)).toStrictEqual(copies.map(({ bytes }) => bytes))
      for (const one of made) for (const name of new Set(all.map(([, each]) => each))) one.delete(name)
      expect(made.map(({ bytes }) => bytes)).toStrictEqual(
        [new Members(), new Fields(), new SortedSet()].map(({ bytes }) => bytes),
      )
    }),
  )
})

test('a sorted set is sorted by score, then by bytes, and knows the rank of each', () => {
  const scores = fc.oneof(fc.integer({ min: -2, max: 2 }), fc.constantFrom(Infinity, -Infinity, 0.5, -0))
  fc.assert(
    fc.property(changes(scores), (all) => {
      const zset = new SortedSet()
      const model = new Map<string, number>()
      for (const [adds, name, score] of all) {
        if (adds) void [zset.set(name, score), model.set(name, score)]
        else expect(zset.delete(name)).toBe(model.delete(name))
      }
      const expected = [...model].toSorted(([a, one], [b, other]) =>
        one === other ? (a < b ? -1 : 1) : one < other ? -1 : 1,
      )
      expect(zset.slice().map(({ member: name }) => name)).toStrictEqual(expected.map(([name]) => name))
      expected.forEach(([name, score], rank) => {
        expect(zset.rank(name)).toBe(rank)
        expect(zset.score(name)).toBe(score + 0)
      })
      expect(zset.size).toBe(model.size)
    }),
  )
})

test('of a sorted set many members are deleted as few are', () => {
  const scored = fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.integer({ min: 0, max: 9 })), {
    maxLength: 300,
    size: 'max',
  })
  const names = fc.array(fc.string({ maxLength: 2 }), { maxLength: 300, size: 'max' })
  fc.assert(
    fc.property(scored, names, (all, gone) => {
      const [many, single] = [new SortedSet(), new SortedSet()]
      for (const zset of [many, single]) for (const [name, score] of all) zset.set(name, score)
      expect(many.deleteAll(gone)).toBe(gone.filter((name) => single.delete(name)).length)
      expect(many.slice()).toStrictEqual(single.slice())
      expect([many.size, many.bytes]).toStrictEqual([single.size, single.bytes])
    }),
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lane, type InLine } from '../../src/clients/routing/lane.js'

test('calls stand in the order of their sequence, in whatever order they come', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(100)), (sequences) => {
      const lane = laneOf(sequences)
      expect(inLine(lane)).toStrictEqual(sequences.toSorted((one, other) => one - other))
      expect([lane.size, lane.first?.sequence]).toStrictEqual([sequences.length, inLine(lane)[0]])
    }),
  )
})

test('it stays in order while calls leave and come back, as a model in an array says', () => {
  const steps = fc.array(fc.record({ sequence: fc.nat(20), leaves: fc.boolean() }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (commands) => {
      const [lane, inside] = [new Lane<InLineCall>(), new Map<number, InLineCall>()]
      for (const { sequence, leaves } of commands) {
        const there = inside.get(sequence)
        if (leaves && there !== undefined) {
          lane.remove(there)
          inside.delete(sequence)
        }
        if (!leaves && there === undefined) {
          const call = new InLineCall(sequence)
          lane.add(call)
          inside.set(sequence, call)
        }
      }
      expect(inLine(lane)).toStrictEqual([...inside.keys()].sort((one, other) => one - other))
      expect(lane.size).toBe(inside.size)
    }),
  )
})

test('a call may leave while the lane is walked', () => {
  const lane = laneOf([1, 2, 3, 4])
  const seen: number[] = []
  for (const call of lane) {
    seen.push(call.sequence)
    lane.remove(call)
  }
  expect(seen).toStrictEqual([1, 2, 3, 4])
  expect([lane.size, lane.first]).toStrictEqual([0, undefined])
})

test('ten thousand calls that come back, in their order, are put back in a moment', () => {
  const count = 10_000
  const [fresh, back] = [new Lane<InLineCall>(), new Lane<InLineCall>()]
  const later = Array.from({ length: count }, (_, n) => new InLineCall(count + n))
  const compared = looksIn(() => later.forEach((call) => fresh.add(call)))
  for (let n = 0; n < count; n++) back.add(new InLineCall(count + n))
  const returning = Array.from({ length: count }, (_, n) => new InLineCall(n))
  expect(looksIn(() => returning.forEach((call) => back.add(call)))).toBeLessThan(5 * compared)
  expect(back.size).toBe(2 * count)
})

/** A call in a lane; counts how often anybody looks at a sequence, which is the work that a lane does. */
class InLineCall implements InLine<InLineCall> {
  static looks = 0
  before: InLineCall | undefined = undefined
  after: InLineCall | undefined = undefined
  readonly #sequence: number

  constructor(sequence: number) {
    this.#sequence = sequence
  }

  get sequence(): number {
    InLineCall.looks++
    return this.#sequence
  }
}

function laneOf(sequences: readonly number[]): Lane<InLineCall> {
  const lane = new Lane<InLineCall>()
  for (const sequence of sequences) lane.add(new InLineCall(sequence))
  return lane
}

function inLine(lane: Lane<InLineCall>): number[] {
  return [...lane].map(({ sequence }) => sequence)
}

function looksIn(work: () => void): number {
  const before = InLineCall.looks
  work()
  return InLineCall.looks - before
}

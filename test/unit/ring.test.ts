import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ring } from '../../src/connection/resp/ring.js'
import { bytesHeld } from '../support/heap.js'

test('it behaves as an array with push and shift, however it grows and wraps', () => {
  const anySteps = fc.array(fc.record({ push: fc.nat({ max: 150 }), shift: fc.nat({ max: 150 }) }), { maxLength: 12 })
  fc.assert(
    fc.property(anySteps, (steps) => {
      const ring = new Ring<number>()
      const model: number[] = []
      let next = 0
      for (const { push, shift } of steps) {
        for (let count = 0; count < push; count++, next++) {
          ring.push(next)
          model.push(next)
        }
        for (let count = 0; count < shift; count++) expect(ring.shift()).toBe(model.shift())
        expect(ring.length).toBe(model.length)
        expect(ring.peek()).toBe(model[0])
        expect([...ring]).toStrictEqual(model)
      }
    }),
  )
})

test('an empty one has nothing to look at and nothing to give', () => {
  const ring = new Ring<number>()
  expect([ring.length, ring.peek(), ring.shift(), ring.length]).toStrictEqual([0, undefined, undefined, 0])
})

test('it grows while its items lie around the end', () => {
  const ring = new Ring<number>()
  for (let item = 0; item < 64; item++) ring.push(item)
  for (let item = 0; item < 40; item++) ring.shift()
  for (let item = 64; item < 300; item++) ring.push(item)
  expect([...ring]).toStrictEqual(Array.from({ length: 260 }, (_, index) => index + 40))
})

test('it lets go of what left it', async () => {
  const ring = new Ring<object>()
  const gone = new WeakRef({ value: Buffer.alloc(8) })
  const push = (): void => ring.push(gone.deref() as object)
  push()
  ring.shift()
  await bytesHeld()
  expect(gone.deref()).toBeUndefined()
})

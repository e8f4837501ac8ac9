import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { refusedAgain } from '../../src/clients/batch-retry.js'
import type { Call } from '../../src/clients/command.js'
import type { Reply } from '../../src/connection/connection.js'

/** A call of a batch, as a text: `w:a,b` writes a and b, `r:a` reads a, `w:` touches all keys; `!` says it was refused. */
type Sketch = `${'r' | 'w'}:${string}`

describe('of a batch of which some calls were refused', () => {
  test.for<[what: string, batch: Sketch[], again: number[]]>([
    ['nothing goes again when nothing was refused', ['w:a', 'r:a', 'w:'], []],
    ['a refused write goes again, and nothing that has run', ['w:a', 'w:b!', 'w:c'], [1]],
    ['refused writes go again in their order', ['w:a!', 'w:b!', 'w:a!'], [0, 1, 2]],
    ['a refused read goes again', ['r:a!', 'w:b'], [0]],
    ['a write that a later one of its key has overtaken stays refused', ['w:a!', 'w:a'], []],
    ['a later write overtakes by any key that they share', ['w:a,b!', 'w:b,c'], []],
    ['an earlier write overtakes nothing', ['w:a', 'w:a!'], [1]],
    ['a later read overtakes nothing, and is asked again behind the write', ['w:a!', 'r:a'], [0, 1]],
    ['a read before the refused write saw what it should', ['r:a', 'w:a!'], [1]],
    ['a read of other keys saw what it should', ['w:a!', 'r:b'], [0]],
    ['a read behind an overtaken write keeps its answer', ['w:a!', 'w:a', 'r:a'], []],
    ['a refused write that is overtaken overtakes nothing itself', ['w:a!', 'w:a,b!', 'w:b'], [0]],
    ['a write without keys overtakes all', ['w:a!', 'w:'], []],
    ['a refused write without keys is overtaken by any', ['w:!', 'w:a'], []],
    ['every read behind a refused write without keys is asked again', ['w:!', 'r:a', 'r:'], [0, 1, 2]],
    ['a read without keys stands behind every write', ['w:a!', 'r:'], [0, 1]],
  ])('%s', ([, batch, again]) => {
    expect(againOf(batch)).toStrictEqual(again)
  })

  test('only what was sent this time counts', () => {
    const { calls, replies } = read(['w:a!', 'w:b!', 'w:a'])
    expect(refusedAgain(calls, replies, [0, 1], isRefused)).toStrictEqual([0, 1])
  })

  test('whatever it is: nothing that ran and writes goes again, nothing overtaken does, and the order stays', () => {
    const key = fc.subarray(['a', 'b', 'c'])
    const call = fc
      .tuple(fc.constantFrom('r', 'w'), key, fc.boolean())
      .map(([intent, keys, refused]) => `${intent}:${keys.join()}${refused ? '!' : ''}` as Sketch)
    fc.assert(
      fc.property(fc.array(call, { maxLength: 8 }), (batch) => {
        const { calls, replies } = read(batch)
        const again = againOf(batch)
        expect(again).toStrictEqual(again.toSorted((one, other) => one - other))
        for (const index of again) {
          const { intent, keys } = calls[index] as Call<unknown>
          if (intent === 'read') continue
          expect(isRefused(replies[index])).toBe(true)
          const ranLater = calls.filter(
            (other, at) => at > index && other.intent === 'write' && !isRefused(replies[at]),
          )
          expect(ranLater.some((other) => share(keys, other.keys))).toBe(false)
        }
      }),
    )
  })
})

function againOf(batch: readonly Sketch[]): number[] {
  const { calls, replies } = read(batch)
  return refusedAgain(calls, replies, [...calls.keys()], isRefused)
}

function read(batch: readonly Sketch[]): { readonly calls: readonly Call<unknown>[]; readonly replies: Reply[] } {
  const calls = batch.map((sketch): Call<unknown> => {
    const [intent, keys = ''] = sketch.replace('!', '').split(':')
    const name = intent === 'r' ? 'GET' : 'SET'
    return {
      name,
      intent: intent === 'r' ? 'read' : 'write',
      keys: keys === '' ? [] : keys.split(','),
      args: [name],
      decode: 'text',
      idempotent: false,
      reply: (raw) => raw,
    }
  })
  return { calls, replies: batch.map((sketch) => (sketch.endsWith('!') ? 'refused' : 'OK')) }
}

function isRefused(reply: Reply | undefined): boolean {
  return reply === 'refused'
}

/** Whether two calls share a key; a call without keys counts as having all. */
function share(one: readonly string[], other: readonly string[]): boolean {
  return one.length === 0 || other.length === 0 || one.some((key) => other.includes(key))
}

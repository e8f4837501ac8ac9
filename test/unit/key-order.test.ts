import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Cache } from '../../src/cache/cache.js'
import type { Codec } from '../../src/codec/codec.js'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { CodecError } from '../../src/errors.js'
import { cacheOver } from '../support/cache-over.js'

const text = new TextCodec(jsonSerializer, [])
let gates: (() => void)[] = []

/** Encodes texts when a test says so, in any order; `'bad'` cannot be encoded. Everything else is encoded at once. */
const gated: Codec = {
  reads: 'text',
  bareNumbers: true,
  framed: false,
  encodeAbsence: () => text.encodeAbsence(),
  encode: (value) => (typeof value === 'string' ? atGate(value) : text.encode(value)),
  encodeMember: (value) => (typeof value === 'string' ? atGate(value) : text.encodeMember(value)),
  decode: (stored) => text.decode(stored),
  open: (stored) => text.open(stored),
}

async function atGate(value: string): Promise<string> {
  await new Promise<void>((resolve) => gates.push(resolve))
  if (value === 'bad') throw new CodecError('serialize', 'bad')
  return text.encode(value)
}

const make = (): Cache => cacheOver({ codec: gated })
let cache = make()
beforeEach(() => {
  cache = make()
  gates = []
})
afterEach(async () => {
  for (const open of gates) open()
  await cache.close()
})

/** Opens gates from the last to the first, so that what was made first is encoded last. */
function openBackwards(): void {
  for (const open of gates.toReversed()) open()
}

/** Whether it has settled once everything that can run without waiting has run. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  const note = (): void => void (done = true)
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

describe('calls that share a key run in the order in which they were made, however long their values take', () => {
  test('writes and reads of one key', async () => {
    const calls = [
      cache.set('k', 'one'),
      cache.get('k'),
      cache.set('k', 2),
      cache.get('k'),
      cache.set('k', 'three'),
      cache.getMany(['other', 'k']),
      cache.delete('k'),
      cache.get('k'),
    ]
    openBackwards()
    expect(await Promise.all(calls)).toStrictEqual([
      true,
      'one',
      true,
      2,
      true,
      new Map([['k', 'three']]),
      true,
      undefined,
    ])
  })

  test('a pipeline, and calls of many keys', async () => {
    const calls = [
      cache.setMany({ a: 'x', b: 1 }),
      cache.pipeline((p) => [p.get('b'), p.set('b', 'y')]),
      cache.incr('b').catch(() => 'y is no number'),
      cache.get('a'),
    ]
    openBackwards()
    expect(await Promise.all(calls)).toStrictEqual([[], [1, true], 'y is no number', 'x'])
  })

  test('calls without keys have all of them', async () => {
    const calls = [cache.set('k', 'one'), cache.command(['DBSIZE']), cache.keys('*'), cache.set('j', 2), cache.clear()]
    openBackwards()
    expect(await Promise.all(calls)).toStrictEqual([true, 1, ['k'], true, 2])
  })

  test('one that cannot be encoded lets the next one pass, and no earlier', async () => {
    const first = cache.set('k', 'one')
    const bad = cache.set('k', 'bad')
    const read = cache.get('k')
    gates[1]?.()
    await expect(bad).rejects.toBeInstanceOf(CodecError)
    expect(await settled(read)).toBe(false)
    gates[0]?.()
    expect(await first).toBe(true)
    expect(await read).toBe('one')
  })
})

test('calls of other keys do not wait', async () => {
  const held = cache.set('k', 'one')
  expect(await cache.set('j', 1)).toBe(true)
  expect(await cache.get('j')).toBe(1)
  expect(await settled(held)).toBe(false)
})

test('a call that waits for its turn has its deadline and its signal, and then nothing was sent', async () => {
  const held = cache.set('k', 'one')
  await expect(cache.set('k', 2, { deadline: 5 })).rejects.toMatchObject({ code: 'E_TIMEOUT', sent: false })
  await expect(cache.get('k', { deadline: 5 })).rejects.toMatchObject({ code: 'E_TIMEOUT', sent: false })
  const controller = new AbortController()
  const aborted = cache.get('k', { signal: controller.signal })
  controller.abort(new RangeError('mine'))
  await expect(aborted).rejects.toThrow(RangeError)
  gates[0]?.()
  expect(await held).toBe(true)
  expect(await cache.get('k')).toBe('one')
})

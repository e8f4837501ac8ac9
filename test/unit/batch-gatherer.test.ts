import { expect, test } from 'vitest'
import { BatchGatherer } from '../../src/clients/batch-gatherer.js'
import type { ReplySources } from '../../src/clients/client.js'
import type { Call } from '../../src/clients/command.js'
import { get } from '../../src/clients/commands/strings.js'
import { pttl } from '../../src/clients/commands/expiry.js'
import type { Bounds } from '../../src/clients/work.js'
import { addressOf } from '../../src/connection/connection.js'

const bounds: Bounds = { deadline: Infinity, signal: undefined, readFrom: 'primary', attemptTimeout: undefined }
const source = { address: addressOf({ host: '127.0.0.1', port: 6379 }), generation: 7 }

test('batches of one tick leave as one, and each gets its own replies and sources', async () => {
  const { gatherer, runs } = recording()
  const [first, second] = [readsOf('a'), readsOf('b')]
  const [ofFirst, ofSecond]: [ReplySources, ReplySources] = [new Map(), new Map()]
  const both = [gatherer.batch(first, bounds, ofFirst), gatherer.batch(second, bounds, ofSecond)]
  expect(await Promise.all(both)).toEqual([
    ['GET a', 'PTTL a'],
    ['GET b', 'PTTL b'],
  ])
  expect(runs).toEqual([[...first, ...second]])
  expect([...ofFirst.keys(), ...ofSecond.keys()]).toEqual([...first, ...second])
  await gatherer.batch(readsOf('c'), bounds, new Map())
  expect(runs.length).toBe(2)
})

test.for([
  ['tick', [2, 2]],
  ['turn', [4]],
] as const)('batches of two ticks of one turn of the loop are gathered until the %s ends', async ([until, sizes]) => {
  const { gatherer, runs } = recording(until)
  const first = gatherer.batch(readsOf('a'), bounds, new Map())
  await new Promise<void>((resolve) => process.nextTick(resolve))
  await Promise.all([first, gatherer.batch(readsOf('b'), bounds, new Map())])
  expect(runs.map((calls) => calls.length)).toEqual(sizes)
})

test('what was gathered leaves before what is flushed for, and roles are not mixed', async () => {
  const { gatherer, runs } = recording()
  const asked = [
    gatherer.batch(readsOf('a'), bounds, new Map()),
    gatherer.batch(readsOf('b'), { ...bounds, readFrom: 'replica' }, new Map()),
  ]
  gatherer.flush()
  expect(runs.length).toBe(2)
  await Promise.all(asked)
})

test('a call that no connection is known to have answered has no source, and an error is that of all', async () => {
  const sources: ReplySources = new Map()
  const unknown = new BatchGatherer(async (calls) => calls.map(() => null))
  await unknown.batch(readsOf('a'), bounds, sources)
  expect(sources.size).toBe(0)
  const failing = new BatchGatherer(() => Promise.reject(new Error('lost')))
  const both = [failing.batch(readsOf('a'), bounds, sources), failing.batch(readsOf('b'), bounds, sources)]
  const outcomes = await Promise.allSettled(both)
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
})

test('a crowd leaves in several batches, so that the first are answered while the server works on the next', async () => {
  const { gatherer, runs } = recording()
  await Promise.all(Array.from({ length: 80 }, (_, index) => gatherer.batch(readsOf(`${index}`), bounds, new Map())))
  expect(runs.map((calls) => calls.length)).toEqual([64, 64, 32])
})

test('a large batch goes alone, behind what was gathered before it', async () => {
  const { gatherer, runs } = recording()
  const large = ['b', 'c', 'd'].flatMap(readsOf)
  const all = [readsOf('a'), large, readsOf('e'), large].map((calls) => gatherer.batch(calls, bounds, new Map()))
  expect(runs.map((calls) => calls.length)).toEqual([2, 6, 2, 6])
  expect((await Promise.all(all)).map((replies) => replies.length)).toEqual([2, 6, 2, 6])
})

test.for<[what: string, other: Partial<Bounds>]>([
  ['another time until a node is in doubt', { attemptTimeout: 20 }],
  ['a read of what was written lately', { own: true }],
  ['another role', { readFrom: 'replica' }],
])('apart from others goes %s', async ([, other]) => {
  const { gatherer, runs } = recording()
  const limits = [bounds, { ...bounds, ...other }, bounds]
  await Promise.all(limits.map((own, index) => gatherer.batch(readsOf(`${index}`), own, new Map())))
  expect(runs.map((calls) => calls.map(({ args }) => args[1]))).toEqual([
    ['0', '0', '2', '2'],
    ['1', '1'],
  ])
})

function recording(until: 'tick' | 'turn' = 'tick'): { gatherer: BatchGatherer; runs: (readonly Call<unknown>[])[] } {
  const runs: (readonly Call<unknown>[])[] = []
  const gatherer = new BatchGatherer(async (calls, _bounds, sources) => {
    runs.push(calls)
    for (const call of calls) sources.set(call, source)
    return calls.map(({ args }) => args.join(' '))
  }, until)
  return { gatherer, runs }
}

function readsOf(key: string): readonly Call<unknown>[] {
  return [get(key, 'text'), pttl(key)]
}

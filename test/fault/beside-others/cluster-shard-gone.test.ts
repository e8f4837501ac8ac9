import { expect } from 'vitest'
import { PrimaryNotFoundError, type Cache } from '../../../src/index.js'
import { eventually, type LabServer } from '../../../src/lab/index.js'
import { test as base } from '../../support/caches.js'
import { rejection } from '../../support/rejection.js'

/** Shards without replicas, of which one is gone; a key of it, and a key of another. */
const test = base
  .extend('cluster', { scope: 'file' }, ({ lab }) =>
    lab.cluster({ shards: 3, replicas: 0, nodeTimeout: 1_000, config: { 'cluster-require-full-coverage': 'no' } }),
  )
  .extend('gone', { scope: 'file' }, async ({ cluster }) => {
    const [there, gone] = (await cluster.primaries()) as [LabServer, LabServer]
    await gone.kill()
    return { there, gone }
  })
  .extend('keys', async ({ cluster, gone }) => {
    const find = async (owner: LabServer): Promise<string> => {
      for (let index = 0; ; index++) if ((await cluster.primaryOf(`:1:${index}`)) === owner) return String(index)
    }
    return { served: await find(gone.there), lost: await find(gone.gone) }
  })
  .extend('caches', async ({ cluster, keys, make }): Promise<Record<'strict' | 'safe', Cache>> => {
    const shared = {
      client: 'cluster',
      location: cluster.locations,
      readDeadline: '1s',
      writeDeadline: '1s',
      recovery: {},
    } as const
    const caches = make({ strict: {}, safe: { failSafe: true } }, shared)
    // Connected, so that the short deadlines below are those of the shard that is gone.
    await Promise.all([caches.strict, caches.safe].map((cache) => cache.get(keys.served, patient)))
    return caches
  })

const patient = { deadline: '20s', failSafe: false } as const

test('a pipeline over it rejects as a single call does', async ({ caches, keys }) => {
  const sent = caches.strict.pipeline((pipeline) => [pipeline.set(keys.served, 1), pipeline.get(keys.lost)], {
    deadline: 300,
  })
  expect((await rejection(sent)).error).toBeInstanceOf(PrimaryNotFoundError)
  expect(await caches.strict.get(keys.served)).toBe(1)
})

test('a pipeline of a fail-safe cache answers for each operation by itself', async ({ caches, keys }) => {
  const build = caches.safe.pipeline(
    (pipeline) => [
      pipeline.set(keys.served, 2),
      pipeline.set(keys.lost, 2),
      pipeline.get(keys.served),
      pipeline.get(keys.lost),
    ],
    { deadline: 300 },
  )
  expect(await build).toStrictEqual([true, false, 2, undefined])
})

test('many operations of a fail-safe cache answer for what the others have', async ({
  caches: { strict, safe },
  keys,
}) => {
  const { served, lost } = keys
  expect(await safe.setMany({ [served]: 3, [lost]: 3 }, { deadline: 300 })).toStrictEqual([lost])
  expect(await safe.getMany([lost, served], { deadline: 300 })).toStrictEqual(new Map([[served, 3]]))
  expect(await safe.getMany([lost], { deadline: 300 })).toStrictEqual(new Map())
  expect((await rejection(strict.getMany([lost, served], { deadline: 300 }))).error).toBeInstanceOf(
    PrimaryNotFoundError,
  )
  expect(await safe.deleteMany([lost, served], { deadline: 300 })).toBe(1)
})

test('what is kept for it holds up nothing of the others', async ({ caches: { strict }, keys, gone }) => {
  await strict.set(keys.served, 'old')
  const { error } = await rejection(strict.deleteMany([keys.lost, keys.served], { deadline: 300 }))
  expect(error).toMatchObject({ kept: true })
  expect(await strict.getMany([keys.lost, keys.served])).toStrictEqual(new Map())
  // Another program writes it: that is found as soon as the delete has run.
  const written = async (): Promise<unknown> => gone.there.command('SET', `:1:${keys.served}`, '"of others"')
  await eventually(async () => (await written()) && (await strict.get(keys.served)) === 'of others')
  expect(await strict.getMany([keys.lost, keys.served])).toStrictEqual(new Map([[keys.served, 'of others']]))
})

test('what a fail-safe cache has spared is kept as well, for all caches of the cluster', async ({
  caches: { safe, strict },
  keys,
}) => {
  await safe.set(keys.served, 'old')
  expect(await safe.deleteMany([keys.lost, keys.served], { deadline: 300 })).toBe(1)
  expect(await strict.get(keys.lost, { deadline: 300 })).toBeUndefined()
})

test('a walk rejects when the deadline of a step is over', async ({ caches, keys }) => {
  const settled: string[] = []
  const note = (what: string) => (): number => settled.push(what)
  await Promise.all([
    caches.strict.get(keys.lost, { deadline: 600 }).catch(note('a call with 600 ms')),
    caches.strict.keys('*', { deadline: 100 }).catch(note('a walk with 100 ms')),
  ])
  expect(settled).toStrictEqual(['a walk with 100 ms', 'a call with 600 ms'])
})

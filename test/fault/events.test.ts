import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished } from 'vitest'
import type { CacheEvents } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { expectSwitched, test } from '../support/failover.js'
import { hasten } from '../support/sentinel-log.js'

test('a failover is told once and in order, with its epoch; then the ex-primary as a replica', async ({ drill }) => {
  const run = await drill()
  const told: CacheEvents[keyof CacheEvents][] = []
  const published: unknown[] = []
  for (const name of ['primary-changed', 'replica-added', 'replica-removed'] as const) {
    run.cache.on(name, (event) => told.push(event))
    listenTo(`valkey-cache:${name}`, (message) => published.push(message))
  }
  run.cache.on('primary-changed', () => {
    throw new Error('a listener that fails harms nobody else')
  })
  const from = run.primary.address
  await run.strike(() => run.primary.kill())
  await run.switched()
  const expected = run.changes.flatMap(({ address, epoch }, index) => [
    {
      type: 'primary-changed',
      from: run.changes[index - 1]?.address ?? from,
      to: address,
      epoch,
      cause: 'promotion',
      duration: expect.any(Number) as number,
    },
    { type: 'replica-removed', address },
  ])
  expect(told).toEqual(expected)
  expect(run.cache.topology()).toMatchObject({
    primary: told.at(-1)?.type && run.changes.at(-1)?.address,
    state: 'steady',
  })
  await hasten(run.group.sentinels, { info: 100, publish: 250 })
  await run.primary.restart()
  await eventually(() => told.length > expected.length, { timeout: 30_000 })
  expect(told.slice(expected.length)).toEqual([{ type: 'replica-added', address: from }])
  expect(published, 'by the diagnostics channels').toEqual(told.map((event) => ({ cache: 'drill', ...event })))
  const outcome = await run.finish()
  expectSwitched(outcome)
  const [switched] = told as [CacheEvents['primary-changed']]
  const promotedAfter = (outcome.promotions[0]?.at ?? Infinity) - outcome.faultAt
  expect(Math.abs(switched.duration - promotedAfter) - outcome.machine, 'told and seen duration').toBeLessThanOrEqual(
    150,
  )
})

/** Hears a plain diagnostics channel until the test is over. */
function listenTo(channel: string, hear: (message: unknown) => void): void {
  subscribe(channel, hear)
  onTestFinished(() => void unsubscribe(channel, hear))
}

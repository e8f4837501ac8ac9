import { expect, test } from 'vitest'
import { DemotionWatch } from '../../src/clients/routing/demotion.js'
import { RoleMismatchError } from '../../src/errors.js'
import type { TopologyEvent } from '../../src/topology/events.js'

const primary = { address: 'primary:1', lastError: undefined }
const demoted = { ...primary, lastError: new RoleMismatchError('primary:1', 'primary', 'replica') }

test('a primary that says for a second that it is a replica is told of, once, and whom it follows', () => {
  const { watch, told, clock } = watching()
  watch.hear({ role: 'replica', primary: 'other:1', link: 'connected', offset: 1 })
  for (const time of [0, 999]) {
    clock.time = time
    watch.look(demoted, false)
  }
  expect(told).toStrictEqual([])
  for (const time of [1_000, 5_000]) {
    clock.time = time
    watch.look(demoted, false)
  }
  expect(told).toMatchObject([
    {
      type: 'primary-demoted',
      address: primary.address,
      reason: expect.stringContaining('a replica of other:1') as string,
    },
  ])
})

test('one that is replaced in a failover is not told of, nor one that fails otherwise', () => {
  const { watch, told, clock } = watching()
  const failed = { ...primary, lastError: new Error('connection lost') }
  watch.look(demoted, false)
  clock.time = 900
  watch.look(demoted, true)
  clock.time = 1_500
  watch.look(demoted, false)
  watch.look(failed, false)
  clock.time = 2_000
  watch.look(demoted, false)
  expect(told).toStrictEqual([])
})

test('one that was primary again in between is told of again', () => {
  const { watch, told, clock } = watching()
  for (const [time, node] of [
    [0, demoted],
    [1_000, demoted],
    [2_000, primary],
    [3_000, demoted],
    [4_000, demoted],
  ] as const) {
    clock.time = time
    watch.look(node, false)
  }
  expect(told).toHaveLength(2)
})

interface Watching {
  readonly clock: { time: number; now(): number }
  readonly told: TopologyEvent[]
  readonly watch: DemotionWatch
}

function watching(): Watching {
  const clock = { time: 0, now: () => clock.time }
  const told: TopologyEvent[] = []
  return { clock, told, watch: new DemotionWatch(clock, (event) => told.push(event)) }
}

import { expect, test } from 'vitest'
import { ConnectionInterruptedError } from '../../src/errors.js'
import type { CallObserver } from '../../src/telemetry/observer.js'
import { jobRunner, type RunJob } from '../support/job-runner.js'

test('an observer hears of the start of a call, of each attempt and of its end', async () => {
  const { heard, run } = await observed()
  const lost = new ConnectionInterruptedError('primary:1', true)
  expect(await run('GET', [lost, 'value'])).toBe('value')
  expect(heard).toStrictEqual(['GET read', 'first primary:1', 'retry primary:1', 'end undefined'])
})

test('an observer hears why a call rejects', async () => {
  const { heard, run } = await observed()
  const bug = new RangeError('no such thing')
  await expect(run('GET', [bug])).rejects.toBe(bug)
  expect(heard).toStrictEqual(['GET read', 'first primary:1', `end ${String(bug)}`])
})

/** Runs jobs, and notes what an observer hears of them. */
async function observed(): Promise<{ readonly heard: string[]; readonly run: RunJob }> {
  const heard: string[] = []
  const observer: CallObserver = {
    begin: ({ name, intent }) => {
      heard.push(`${name} ${intent}`)
      return {
        attempt: (address, kind) => void heard.push(`${kind} ${address}`),
        end: (error) => void heard.push(`end ${String(error)}`),
      }
    },
  }
  return { heard, run: await jobRunner({ observer }) }
}

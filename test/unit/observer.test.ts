import { expect, test } from 'vitest'
import { Executor } from '../../src/clients/execute.js'
import { SingleRouter } from '../../src/clients/routing/single.js'
import type { Job, Work } from '../../src/clients/work.js'
import { loopClock } from '../../src/connection/deadlines.js'
import { ConnectionInterruptedError } from '../../src/errors.js'
import type { CallObserver } from '../../src/telemetry/observer.js'
import { nodeUp } from '../support/nodes.js'

const job: Job = { name: 'GET', intent: 'read', keys: ['k'], args: ['GET', 'k'], idempotent: true }

test('an observer hears of the start of a call, of each attempt and of its end', async () => {
  const { heard, run } = await observed()
  const lost = new ConnectionInterruptedError('primary:1', true)
  expect(await run([lost, 'value'])).toBe('value')
  expect(heard).toStrictEqual(['GET read', 'first primary:1', 'retry primary:1', 'end undefined'])
})

test('an observer hears why a call rejects', async () => {
  const { heard, run } = await observed()
  const bug = new RangeError('no such thing')
  await expect(run([bug])).rejects.toBe(bug)
  expect(heard).toStrictEqual(['GET read', 'first primary:1', `end ${String(bug)}`])
})

/** An executor with an observer, in front of one node whose attempts come to these outcomes. */
async function observed(): Promise<{
  readonly heard: string[]
  readonly run: (outcomes: unknown[]) => Promise<unknown>
}> {
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
  const node = await nodeUp(1, 'primary')
  const loan = { value: node, release: async (): Promise<void> => {} }
  const router = new SingleRouter(loan, 1_000, { commands: 10, bytes: 1_000 })
  const executor = new Executor(router, () => {}, { observer })
  const run = (outcomes: unknown[]): Promise<unknown> => {
    const work: Work<Job, unknown, unknown> = {
      attempt: (_job, _node, _options, resolve, reject) => {
        const outcome = outcomes.shift()
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      },
      read: (_job, raw) => raw,
    }
    const bounds = {
      deadline: loopClock.now() + 10_000,
      signal: undefined,
      readFrom: 'primary' as const,
      attemptTimeout: undefined,
    }
    return executor.run(job, bounds, work)
  }
  return { heard, run }
}

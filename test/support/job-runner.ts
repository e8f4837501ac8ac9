import { Executor, type ExecutorParts } from '../../src/clients/execute.js'
import { SingleRouter } from '../../src/clients/routing/single.js'
import type { Job } from '../../src/clients/work.js'
import { loopClock } from '../../src/connection/deadlines.js'
import { nodeUp } from './nodes.js'

interface RunOptions {
  /** How many commands travel together. */
  readonly size?: number
  readonly signal?: AbortSignal
}

/** Runs a job of this name, whose attempts come to these outcomes, one after the other; an error is a failure. */
export type RunJob = (name: string, outcomes: readonly unknown[], options?: RunOptions) => Promise<unknown>

/** An executor with these parts, in front of one node without a server. */
export async function jobRunner(parts: ExecutorParts): Promise<RunJob> {
  const loan = { value: await nodeUp(1, 'primary'), release: async (): Promise<void> => {} }
  const router = new SingleRouter(loan, 1_000, { commands: 10, bytes: 1_000 })
  const executor = new Executor(router, () => {}, parts)
  return (name, outcomes, { size, signal } = {}) => {
    const job: Job = { name, intent: 'read', keys: ['k'], args: [name, 'k'], idempotent: true, ...(size && { size }) }
    const deadline = loopClock.now() + 10_000
    const bounds = { deadline, signal, readFrom: 'primary', attemptTimeout: undefined } as const
    const left = outcomes.values()
    return executor.run(job, bounds, {
      attempt: (_job, _node, _options, resolve, reject) => {
        const { value: outcome } = left.next()
        if (outcome instanceof Error) reject(outcome)
        else resolve(outcome)
      },
      read: (_job, raw) => raw,
    })
  }
}

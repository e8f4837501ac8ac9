import type { Call, Intent, Value } from './command.js'
import type { Job } from './work.js'

/**
 * Many calls that leave together, as one job.
 * Hot path of many small calls: one walk; the name and the arguments are made when somebody asks, for only a job that
 * waits or fails needs them (bench/suites/many-keys.mjs).
 */
export class BatchJob implements Job {
  readonly intent: Intent
  /** None when one of the calls has none, for then it touches all. */
  readonly keys: readonly string[]
  readonly idempotent: boolean
  readonly #calls: readonly Call<unknown>[]

  constructor(calls: readonly Call<unknown>[]) {
    const keys: string[] = []
    let [writes, keyless, idempotent] = [false, false, true]
    for (const call of calls) {
      const own = call.keys
      for (const key of own) keys.push(key)
      keyless ||= own.length === 0
      writes ||= call.intent === 'write'
      idempotent &&= call.idempotent
    }
    this.intent = writes ? 'write' : 'read'
    this.keys = keyless ? [] : keys
    this.idempotent = idempotent
    this.#calls = calls
  }

  get size(): number {
    return this.#calls.length
  }

  get name(): string {
    return [...new Set(this.#calls.map(({ name }) => name))].join('+')
  }

  get args(): readonly Value[] {
    return this.#calls.flatMap(({ args }) => args)
  }
}

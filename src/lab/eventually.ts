import { setTimeout as sleep } from 'node:timers/promises'
import { monotonicClock, type Milliseconds } from '../units.js'
import { LabError } from './lab-error.js'

/** How long to wait for a condition, and how often to look. */
export interface EventuallyOptions {
  /** When to give up, in ms. @default 10000 */
  readonly timeout?: Milliseconds | undefined
  /** The pause between two looks, in ms. @default 10 */
  readonly interval?: Milliseconds | undefined
  /** Gives up at once, with its reason. @default none */
  readonly signal?: AbortSignal | undefined
}

/**
 * Waits for a condition: runs `check` until it neither throws nor gives `false` or `null`, and gives what it gave.
 * Errors: the last one that `check` threw, when time is up.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeout = 10_000, interval = 10, signal }: EventuallyOptions = {},
): Promise<Exclude<T, false | null>> {
  const deadline = monotonicClock.now() + timeout
  let failure: unknown = new LabError(`No answer within ${timeout} ms.`)
  while (true) {
    signal?.throwIfAborted()
    const left = deadline - monotonicClock.now()
    const outcome = await within(attempt(check), left, signal)
    if (outcome && 'value' in outcome) return outcome.value
    if (outcome) failure = outcome.error
    signal?.throwIfAborted()
    if (monotonicClock.now() + interval >= deadline) throw failure
    await sleep(interval)
  }
}

type Outcome<T> = { readonly value: T } | { readonly error: unknown }

async function attempt<T>(check: () => T | Promise<T>): Promise<Outcome<Exclude<T, false | null>>> {
  try {
    const value = await check()
    if (value === false || value === null) return { error: new LabError(`Still ${value} when time was up.`) }
    return { value: value as Exclude<T, false | null> }
  } catch (error) {
    return { error }
  }
}

/** `undefined` when it took too long, or was no longer wanted. */
async function within<T>(work: Promise<T>, left: Milliseconds, signal?: AbortSignal): Promise<T | undefined> {
  const race = new AbortController()
  const stop = (): void => race.abort()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([
      work,
      sleep(Math.max(0, left), undefined, { signal: race.signal }).catch(() => undefined),
    ])
  } finally {
    signal?.removeEventListener('abort', stop)
    race.abort()
  }
}

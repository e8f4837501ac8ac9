export interface Rejection {
  readonly error: unknown
  readonly at: number
}

/**
 * What a promise was rejected with, and when.
 * May be awaited later: a test that failed before it did so shows its own failure, and no unhandled rejection.
 */
export function rejection(promise: Promise<unknown>): Promise<Rejection> {
  const outcome = promise.then(
    (value) => {
      throw new Error('a rejection was expected', { cause: value })
    },
    (error: unknown) => ({ error, at: performance.now() }),
  )
  outcome.catch(() => {})
  return outcome
}

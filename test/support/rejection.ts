/** What a promise was rejected with, and when. */
export async function rejection(promise: Promise<unknown>): Promise<{ readonly error: unknown; readonly at: number }> {
  const value = await promise.catch((error: unknown) => new Rejected(error))
  if (value instanceof Rejected) return { error: value.error, at: performance.now() }
  throw new Error('a rejection was expected', { cause: value })
}

class Rejected {
  constructor(readonly error: unknown) {}
}

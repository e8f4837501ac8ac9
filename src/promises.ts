/** Tells whether a value is a promise, or another object that is waited for like one. */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Goes on at once with what is there, later with what is promised. */
export function after<In, Out>(
  value: In | PromiseLike<In>,
  step: (value: In) => Out | Promise<Out>,
): Out | Promise<Out> {
  return isPromise(value) ? Promise.resolve(value as PromiseLike<In>).then(step) : step(value as In)
}

/** Runs what a user gave us, which may be async; `failed` hears of what it throws and of what it rejects with. */
export function callUser(work: () => unknown, failed: (error: unknown) => void): void {
  try {
    const outcome = work()
    if (isPromise(outcome)) outcome.then(undefined, failed)
  } catch (error) {
    failed(error)
  }
}

/** Waits until all have settled, so that no rejection is left without an owner; then throws the first error in their order. */
export async function settleAll<T>(values: readonly (T | PromiseLike<T>)[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(values)
  return outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value
    throw outcome.reason
  })
}

/** Gives all values as they are, or a promise of them when one of them is promised. */
export function allOf<T>(values: readonly (T | PromiseLike<T>)[]): readonly T[] | Promise<readonly T[]> {
  return mapAll(values, (value) => value)
}

/**
 * Makes something of each item; a promise only when one of them is. When making one throws, those that were made before
 * are waited for, and the first error in order is thrown.
 */
export function mapAll<In, Out>(
  items: readonly In[],
  make: (item: In, index: number) => Out | PromiseLike<Out>,
): readonly Out[] | Promise<readonly Out[]> {
  const made = new Array<Out | PromiseLike<Out>>(items.length)
  let waits = false
  let index = 0
  try {
    for (; index < items.length; index++) {
      const one = make(items[index] as In, index)
      if (!waits && isPromise(one)) waits = true
      made[index] = one
    }
  } catch (error) {
    if (!waits) throw error
    made[index] = Promise.reject(error)
    made.length = index + 1
  }
  return waits ? settleAll(made) : (made as Out[])
}

import type { LoaderContext } from '../../src/index.js'

/** A loader that ends when the test says so. */
export interface ControlledLoader {
  /** How often it was called. */
  readonly begun: number
  /** The signal that it was given last. */
  readonly signal: AbortSignal | undefined
  readonly loader: (context: Pick<LoaderContext, 'signal'>) => Promise<unknown>
  readonly finish: (value: unknown) => void
  readonly fail: (error: Error) => void
}

export function controlledLoader(): ControlledLoader {
  let begun = 0
  let signal: AbortSignal | undefined
  const { promise, resolve, reject } = withResolvers<unknown>()
  return {
    get begun() {
      return begun
    },
    get signal() {
      return signal
    },
    loader: (context) => {
      begun++
      signal = context.signal
      return promise
    },
    finish: resolve,
    fail: reject,
  }
}

function withResolvers<T>(): {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: Error) => void
} {
  let [resolve, reject]: [(value: T) => void, (reason: Error) => void] = [() => {}, () => {}]
  const promise = new Promise<T>((fulfil, refuse) => ([resolve, reject] = [fulfil, refuse]))
  return { promise, resolve, reject }
}

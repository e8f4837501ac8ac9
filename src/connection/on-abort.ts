/**
 * Calls the listener when the signal aborts, at once if it has already; returns how to stop waiting.
 * Everybody who waits for one signal shares one listener on it, so that a signal may be passed to much work at a time
 * without a warning of a leak, and leaving takes no search. When nobody waits, nothing is left on the signal.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (signal.aborted) {
    listener()
    return () => {}
  }
  const waiters = waitersOf.get(signal) ?? listen(signal)
  waiters.listeners.add(listener)
  return () => {
    if (waiters.listeners.delete(listener) && waiters.listeners.size === 0) waiters.leave()
  }
}

interface Waiters {
  readonly listeners: Set<() => void>
  readonly leave: () => void
}

const waitersOf = new WeakMap<AbortSignal, Waiters>()

function listen(signal: AbortSignal): Waiters {
  const listeners = new Set<() => void>()
  const tell = (): void => {
    for (const listener of listeners) listener()
  }
  const leave = (): void => {
    waitersOf.delete(signal)
    signal.removeEventListener('abort', tell)
  }
  const waiters = { listeners, leave }
  waitersOf.set(signal, waiters)
  signal.addEventListener('abort', tell, { once: true })
  return waiters
}

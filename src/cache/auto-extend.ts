import { setTimeout as sleep } from 'node:timers/promises'
import { timerDelay, type Milliseconds } from '../units.js'

/**
 * Extends a lock each third of its ttl, and sooner after an extension that failed, until the signal says that the lock
 * was lost or released. Keeps no process alive.
 * @param extend extends the lock once; resolves to whether that worked, and never rejects
 */
export async function autoExtend(ttl: Milliseconds, extend: () => Promise<boolean>, ended: AbortSignal): Promise<void> {
  let pause = ttl / 3
  while (!ended.aborted) {
    await sleep(timerDelay(pause), undefined, { ref: false, signal: ended }).catch(() => {})
    if (!ended.aborted) pause = (await extend()) ? ttl / 3 : ttl / 20
  }
}

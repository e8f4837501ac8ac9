import { setTimeout as sleep } from 'node:timers/promises'
import { longestTimer, type Milliseconds } from '../units.js'

/**
 * Extends a lock at a third of its ttl, and sooner after a time that failed, until the signal says that nobody holds it
 * any more. Keeps no process alive.
 * @param extend whether it worked; never rejects
 */
export async function autoExtend(ttl: Milliseconds, extend: () => Promise<boolean>, ended: AbortSignal): Promise<void> {
  let pause = ttl / 3
  while (!ended.aborted) {
    await sleep(Math.min(pause, longestTimer), undefined, { ref: false, signal: ended }).catch(() => {})
    if (!ended.aborted) pause = (await extend()) ? ttl / 3 : ttl / 20
  }
}

import type { Milliseconds } from '../../units.js'
import type { Binary } from './binary.js'
import { fits64, toInteger } from './numbers.js'
import { Refusal } from './refusal.js'

/** How a time is meant: seconds or ms, from now or since 1970. */
export type TimeUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT'

/**
 * When something is over that has this time, in ms since 1970.
 * @param least the least time that makes sense to the command
 * @throws {Refusal} when it is no whole number, less than that, or beyond 64 bits
 */
export function endOf(
  time: Binary,
  unit: TimeUnit,
  now: Milliseconds,
  command: string,
  least: bigint = -(2n ** 63n),
): Milliseconds {
  const given = toInteger(time)
  const ms = unit.startsWith('EX') ? given * 1_000n : given
  const end = unit.endsWith('AT') ? ms : ms + BigInt(now)
  if (given < least || !fits64(ms) || !fits64(end)) throw new Refusal(`ERR invalid expire time in '${command}' command`)
  return Number(end)
}

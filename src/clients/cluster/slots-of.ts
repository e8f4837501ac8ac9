import { CrossSlotError } from '../../errors.js'
import { slotOf } from '../../keys/slot.js'

/** The slot in which all of these keys lie; `undefined` when there is no key, or they lie in several. Pure. */
export function commonSlot(keys: readonly string[]): number | undefined {
  const [first, ...others] = keys
  if (first === undefined) return undefined
  const slot = slotOf(first)
  return others.every((key) => slotOf(key) === slot) ? slot : undefined
}

/** Why a command cannot run whose keys lie in several slots: names two of them. Pure. */
export function crossSlotError(name: string, keys: readonly string[]): CrossSlotError {
  const [first = ''] = keys
  const slot = slotOf(first)
  const other = keys.find((key) => slotOf(key) !== slot) ?? ''
  const problem = `CROSSSLOT '${first}' lies in slot ${slot} and '${other}' in slot ${slotOf(other)}`
  return new CrossSlotError(name, `${problem}; ${advice}`)
}

const advice = "keys of one command need one hash tag, as in '{cart:7}:lines' and '{cart:7}:total'"

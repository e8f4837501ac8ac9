import { CrossSlotError } from '../../errors.js'
import { slotOf } from '../../keys/slot.js'
import { hashTagAdvice, type Placing } from '../sharded/way.js'

/** The slot in which all of these keys lie; `undefined` when there is no key, or they lie in several. Pure. */
export function commonSlot(keys: readonly string[]): number | undefined {
  if (keys.length === 0) return undefined
  const slot = slotOf(keys[0] as string)
  for (let index = 1; index < keys.length; index++) if (slotOf(keys[index] as string) !== slot) return undefined
  return slot
}

/** Why a command cannot run whose keys lie in several slots: names two of them. Pure. */
export function crossSlotError(name: string, keys: readonly string[]): CrossSlotError {
  const [first = ''] = keys
  const slot = slotOf(first)
  const other = keys.find((key) => slotOf(key) !== slot) ?? ''
  const problem = `CROSSSLOT '${first}' lies in slot ${slot} and '${other}' in slot ${slotOf(other)}`
  return new CrossSlotError(name, `${problem}; ${hashTagAdvice}`)
}

/** Keys of a cluster have their places by their slots. */
export const placing: Placing<number> = { commonOf: commonSlot, crossed: crossSlotError }

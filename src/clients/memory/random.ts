import { Refusal } from './refusal.js'

/**
 * Random ones of these: each at most once; for a negative count as many as that, and the same may come again.
 * @throws {Refusal} for more than a process can hold
 */
export function sample<T>(items: readonly T[], count: number): T[] {
  if (-count > mostRepeated) throw new Refusal('ERR value is out of range')
  if (count < 0) return items.length === 0 ? [] : Array.from({ length: -count }, () => items[pick(items.length)] as T)
  const rest = [...items]
  return Array.from({ length: Math.min(count, items.length) }, () => takeOut(rest))
}

/** The last one takes the place of the one that goes. */
function takeOut<T>(items: T[]): T {
  const index = pick(items.length)
  const taken = items[index] as T
  const last = items.pop() as T
  if (index < items.length) items[index] = last
  return taken
}

function pick(length: number): number {
  return Math.floor(Math.random() * length)
}

const mostRepeated = 2 ** 24

import type { LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { builtins } from '../../builtins.js'
import type { Milliseconds } from '../../units.js'
import { onAbort } from '../on-abort.js'

/** Finds the addresses of a host name. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>

/** Asks the system, which asks its files and DNS: A and AAAA records, in the order in which they come. */
export const systemLookup: Lookup = (host) => builtins.dns.promises.lookup(host, { all: true })

/** The lookup function of node:tls options as a {@link Lookup}; it may give one address, all, or none without an error. */
export function lookupBy(lookup: LookupFunction): Lookup {
  return (host) =>
    new Promise((resolve, reject) => {
      lookup(host, { all: true }, (error, found) => {
        if (error) reject(error)
        else if (Array.isArray(found)) resolve(found)
        else resolve(typeof found === 'string' ? [{ address: found, family: isIP(found) }] : [])
      })
    })
}

/** A lookup function of Node that knows the answer: the socket keeps the host's name, and connects to this address. */
export function pinned({ address, family }: LookupAddress): LookupFunction {
  return (_host, _options, done) => done(null, address, family)
}

/** Puts the two families in turns, the family of the first address first (RFC 8305, section 4). */
export function inTurns(addresses: readonly LookupAddress[]): readonly LookupAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const others = addresses.filter((address) => !first.includes(address))
  const longest = Math.max(first.length, others.length)
  return Array.from({ length: longest }, (_, index) => [first[index], others[index]])
    .flat()
    .filter((address) => address !== undefined)
}

/**
 * How long an address is tried alone before the next one is tried beside it, in ms: 250, or less where there are so many
 * that the last one would begin in the second half of the time for all.
 */
export function pauseBetween(addresses: number, timeout: Milliseconds): Milliseconds {
  return Math.min(usualPause, timeout / 2 / addresses)
}

/** RFC 8305, section 5. */
const usualPause: Milliseconds = 250

/** How the items of {@link firstOf} are tried. */
export interface Attempts<Item, Out> {
  /** How long an item is tried alone, in ms; one that fails earlier makes the next one start at once. */
  readonly pause: Milliseconds
  /** Ends all attempts; the promise rejects with the signal's reason. */
  readonly signal: AbortSignal
  /** Tries one; its signal aborts when another one has succeeded. */
  readonly attempt: (item: Item, signal: AbortSignal) => Promise<Out>
  /** Called with what succeeds after another one has. */
  readonly discard: (out: Out) => void
}

/**
 * Tries items one after the other, each beside those before it, and gives what the first of them gives that succeeds.
 * @throws {AggregateError} the errors of all, in the order in which they failed
 */
export async function firstOf<Item, Out>(
  items: readonly Item[],
  { pause, signal, attempt, discard }: Attempts<Item, Out>,
): Promise<Out> {
  const over = new AbortController()
  let stop: (() => void) | undefined
  const waiting = items.values()
  const errors: unknown[] = []
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve, reject) => {
      stop = onAbort(signal, () => {
        reject(signal.reason as Error)
        over.abort(signal.reason)
      })
      const fail = (error: unknown): void => {
        errors.push(error)
        start()
      }
      const succeed = (out: Out): void => {
        if (over.signal.aborted) return discard(out)
        resolve(out)
        over.abort()
      }
      const start = (): void => {
        clearTimeout(timer)
        if (errors.length === items.length) reject(new AggregateError(errors))
        const { value: item, done } = waiting.next()
        if (done === true || over.signal.aborted) return
        timer = setTimeout(start, pause)
        attempt(item, over.signal).then(succeed, fail)
      }
      start()
    })
  } finally {
    clearTimeout(timer)
    stop?.()
  }
}

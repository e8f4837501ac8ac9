import { UnsupportedError, type CrossSlotError } from '../../errors.js'
import { settleAll } from '../../promises.js'
import type { CallOptions } from '../client.js'
import type { Call } from '../command.js'
import { keysIn } from '../command-keys.js'
import type { RemoteClient } from '../remote.js'

/** Where a call goes among several shards. */
export type Way<Place> =
  /** To the shard that has this place. */
  | { readonly to: 'place'; readonly place: Place }
  /** To all of them, since it is about servers. */
  | { readonly to: 'all' }
  /** To any of them, since it reads and names no key. */
  | { readonly to: 'any' }
  /** To several, in parts. */
  | { readonly to: 'parts'; readonly divide: NonNullable<Call<unknown>['divide']> }
  | { readonly to: 'none'; readonly why: CrossSlotError | UnsupportedError }

/** How keys are placed. */
export interface Placing<Place> {
  /** The place of all of these keys; `undefined` when they have several, or there is none. */
  readonly commonOf: (keys: readonly string[]) => Place | undefined
  /** Why a command cannot run on keys of several places. */
  readonly crossed: (name: string, keys: readonly string[]) => CrossSlotError
}

/** Decides where a call goes: by its keys, or else by those among its arguments. Pure. */
export function wayOf<Place>(call: Call<unknown>, { commonOf, crossed }: Placing<Place>): Way<Place> {
  const { name, intent, divide } = call
  if (call.everywhere === true) return { to: 'all' }
  const keys = keysOf(call)
  if (keys.length === 0) return intent === 'read' ? { to: 'any' } : { to: 'none', why: unplaced(name) }
  const place = commonOf(keys)
  if (place !== undefined) return { to: 'place', place }
  return divide === undefined ? { to: 'none', why: crossed(name, keys) } : { to: 'parts', divide }
}

/** The keys of a call: those that it names, or else those that its command is known to have. Pure. */
export function keysOf({ keys, args }: Call<unknown>): readonly string[] {
  return keys.length > 0 ? keys : keysIn(args)
}

function unplaced(name: string): UnsupportedError {
  return new UnsupportedError(
    `${name}: which of several servers is meant? Say which arguments are keys: { key: 1 }, or use cache.use().`,
  )
}

/** Runs a call on the primaries of all shards; gives the answer of the first of them. It is over when all have ended. */
export async function executeOnAll<Out>(
  shards: readonly RemoteClient[],
  call: Call<Out>,
  options: CallOptions,
): Promise<Out> {
  const [first] = await settleAll(shards.map((shard) => shard.execute(call, { ...options, readFrom: 'primary' })))
  return first as Out
}

/** What is said where the keys of one command lie apart. */
export const hashTagAdvice = "keys of one command need one hash tag, as in '{cart:7}:lines' and '{cart:7}:total'"

import type { NodeTarget } from '../../connection/connection.js'
import { slotOf } from '../../keys/slot.js'
import type { CallOptions } from '../client.js'
import type { Call } from '../command.js'
import { read } from '../commands/build.js'
import type { ScanFrom } from '../commands/scan.js'
import type { RemoteClient } from '../remote.js'
import { scanInTurn } from '../sharded/scan-in-turn.js'
import { missedSlots, nothingMoves, parseOwnership, placesOf, type Ownership, type Places } from './ownership.js'

/** Where a scan finds the shards. */
export interface ScanParts {
  /** Those of the map now. */
  readonly shards: () => readonly RemoteClient[]
  readonly ofPrimary: (target: NodeTarget) => RemoteClient
}

/** What a shard's primary says of its slots. */
interface Claim extends Ownership {
  readonly shard: RemoteClient
}

/**
 * Every page of a scan of all keys: one shard after the other. Slots may move meanwhile, from a shard that was not scanned yet
 * to one that was: those are scanned again where they are then, on primaries, until none has moved.
 */
export async function* scanShards<Item>(
  stepAt: ScanFrom<Item>,
  options: CallOptions,
  parts: ScanParts,
): AsyncGenerator<readonly Item[], void, undefined> {
  const before = await claimsOf(parts, options)
  yield* scanInTurn(parts.shards(), stepAt, options, rethrow)
  let claims = await claimsOf(parts, options)
  if (nothingMoves(before, claims)) return
  let looked: ReadonlyMap<number, Places> = withoutTargets(placesOf(before))
  for (;;) {
    const missed = missedSlots(looked, placesOf(claims))
    if (missed.size === 0) return
    const again = shardsOf(missed, claims, parts)
    for await (const page of scanInTurn(again, stepAt, { ...options, readFrom: 'primary' }, rethrow))
      yield page.filter((item) => typeof item !== 'string' || missed.has(slotOf(item)))
    looked = new Map([...looked, ...missed])
    claims = await claimsOf(parts, options)
  }
}

function rethrow(error: unknown): never {
  throw error
}

/** The first pass looks at shards in no particular order, so what moves is looked at again. */
function withoutTargets(places: ReadonlyMap<number, Places>): ReadonlyMap<number, Places> {
  return new Map([...places].map(([slot, { owner }]) => [slot, { owner, target: undefined }]))
}

/** Owners first, targets behind them. */
function shardsOf(
  missed: ReadonlyMap<number, Places>,
  claims: readonly Claim[],
  { ofPrimary }: ScanParts,
): readonly RemoteClient[] {
  const places = [...missed.values()]
  const ids = [
    ...new Set(places.map(({ owner }) => owner)),
    ...new Set(places.flatMap(({ target }) => (target === undefined ? [] : [target]))),
  ]
  return ids.flatMap((id) => {
    const shard = claims.find((claim) => claim.id === id)?.shard
    const target = claims.flatMap(({ nodes }) => nodes.get(id) ?? [])[0]
    return shard ?? (target === undefined ? [] : ofPrimary(target))
  })
}

/** What the primaries say of their slots; one that does not say is left out, for a scan of its keys goes on without. */
async function claimsOf({ shards }: ScanParts, { signal, deadline }: CallOptions): Promise<readonly Claim[]> {
  const options: CallOptions = { signal, deadline, readFrom: 'primary' }
  const asked = shards().map(async (shard): Promise<readonly Claim[]> => {
    const ownership = await shard.execute(clusterNodes, options).catch(() => undefined)
    return ownership === undefined ? [] : [{ ...ownership, shard }]
  })
  return (await Promise.all(asked)).flat()
}

const clusterNodes: Call<Ownership | undefined> = {
  ...read([], ['CLUSTER', 'NODES'], (raw) => parseOwnership(String(raw))),
  unordered: true,
}

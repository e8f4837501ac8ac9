import type { Cache } from '../../cache/cache.js'
import type { TopologySnapshot } from '../../clients/client.js'
import { isFramed, readFrame, type FrameFields } from '../../codec/frame.js'
import type { ResolvedCodec } from '../../codec/options.js'
import { readTagField } from '../../codec/tag-field.js'
import type { ResolvedCache } from '../../config/resolve.js'
import type { Reply } from '../../connection/connection.js'
import { timeOf } from '../../connection/server-clock.js'
import { slotOf } from '../../keys/slot.js'
import { hasSlot } from '../../topology/cluster/slots.js'
import type { Milliseconds } from '../../units.js'
import { orUndefined } from '../or-undefined.js'
import { shardFinder } from '../target/shards.js'

/** What is known of one key. What the server does not tell is `undefined`. */
export interface Explanation {
  readonly key: string
  /** The key as the server knows it. */
  readonly made: string
  /** In a cluster. */
  readonly slot: number | undefined
  /** Its place in `status`, where shards know nothing of each other. */
  readonly shard: number | undefined
  /** The primary that has it. */
  readonly node: string | undefined
  /** `string`, `set`, `hash`, `zset`, `list`, `stream`; `none`: it is not there. */
  readonly type: string
  /** How long the server keeps it, in ms; `null`: for ever. */
  readonly ttl: Milliseconds | null | undefined
  /** How many bytes the stored value has, where it is a string. */
  readonly bytes: number | undefined
  /** How many bytes of memory it takes on the server. */
  readonly memory: number | undefined
  /** What the values of this cache are written with, and read without a frame. */
  readonly codec: { readonly format: string; readonly serializer: string; readonly compressor: string | undefined }
  /** What the value's own frame says; `undefined` where it has none. */
  readonly frame: FrameExplanation | undefined
}

export interface FrameExplanation {
  readonly serializer: string | undefined
  readonly compressor: string | undefined
  /** The id of the key that it is encrypted with. */
  readonly keyId: string | undefined
  /** How long it is still fresh by the server's clock, in ms, negative where it is stale; `undefined`: as long as it is there. */
  readonly freshFor: Milliseconds | undefined
  readonly tags: readonly string[]
}

/** Asks the server that has a key all that it tells of it; the value itself is never shown. */
export async function explain(cache: Cache, { codec, client }: ResolvedCache, key: string): Promise<Explanation> {
  const made = cache.makeKey(key)
  const readFrom = typeof client === 'object' && client.servers.roles === 'replica' ? 'replica' : 'primary'
  const ask = (
    args: readonly [name: string, ...rest: string[]],
    place: number,
    decode: 'text' | 'buffer' = 'text',
  ): Promise<Reply> => cache.command(args, { key: place, intent: 'read', decode, readFrom })
  const type = String(await ask(['TYPE', key], 1))
  // Our user may not be allowed to ask for memory and time.
  const [ttl, memory, bytes, head, time] = await Promise.all([
    ask(['PTTL', key], 1),
    orUndefined(ask(['MEMORY', 'USAGE', key], 2)),
    type === 'string' ? ask(['STRLEN', key], 1) : undefined,
    type === 'string' ? ask(['GETRANGE', key, '0', String(longestHead)], 1, 'buffer') : undefined,
    orUndefined(cache.command(['TIME'], { intent: 'read', readFrom })),
  ])
  const topology = cache.topology()
  const shardOf = typeof client === 'object' ? shardFinder(client) : undefined
  return {
    key,
    made,
    ...placeOf(made, topology, shardOf?.(made)),
    type,
    ttl: ttlOf(Number(ttl)),
    bytes: numberOf(bytes),
    memory: numberOf(memory),
    codec: codecOf(codec),
    frame: Buffer.isBuffer(head) && isFramed(head) ? frameOf(head, time === undefined ? NaN : timeOf(time)) : undefined,
  }
}

/** @param place that of the key's shard, where shards know nothing of each other */
function placeOf(made: string, { primary, shards }: TopologySnapshot, place: number | undefined): Place {
  if (place !== undefined) return { slot: undefined, shard: place, node: shards[place]?.primary }
  const slot = slotOf(made)
  const shard = shards.find(({ slots }) => hasSlot(slots, slot))
  return shard === undefined
    ? { slot: undefined, shard: undefined, node: primary }
    : { slot, shard: undefined, node: shard.primary }
}

type Place = Pick<Explanation, 'slot' | 'shard' | 'node'>

/** -2: it is not there · -1: it never ends. */
function ttlOf(reply: number): Milliseconds | null | undefined {
  return reply === -2 ? undefined : reply === -1 ? null : reply
}

function numberOf(reply: Reply | undefined): number | undefined {
  return typeof reply === 'number' ? reply : undefined
}

function codecOf({ format, serializer, compressor, herdTimeout }: ResolvedCodec): Explanation['codec'] {
  return {
    format: herdTimeout === undefined ? format : `${format}, herd`,
    serializer: serializer.name,
    compressor: compressor?.name,
  }
}

/** @param time now, on the server's clock; NaN where that is not known */
function frameOf(head: Buffer, time: Milliseconds): FrameExplanation | undefined {
  const frame = read(head)
  if (frame === undefined) return undefined
  const { serializer, compressor, keyId, freshness, tagField } = frame
  const left = (freshness?.until ?? 0) - time
  const freshFor = freshness === undefined || freshness.until === 0 || Number.isNaN(left) ? undefined : Math.round(left)
  return { serializer, compressor, keyId, freshFor, tags: tagField === undefined ? [] : readTagField(tagField).tags }
}

function read(head: Buffer): FrameFields | undefined {
  try {
    return readFrame(head)
  } catch {
    return undefined
  }
}

/** The most bytes of a value that are fetched, in which every frame but one with thousands of tags ends. */
const longestHead = 65_535

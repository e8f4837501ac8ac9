import type { ReplySource } from '../../clients/client.js'
import type { Codec } from '../../codec/codec.js'
import type { FrameFields, Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import type { Milliseconds } from '../../units.js'
import { none } from '../operation.js'
import type { CloneMode } from './options.js'
import { copyToDecode, ownCopyOf } from './own-copy.js'
import { copyOfTree, freezeTree, frozenCopyOf, shapeOf } from './plain.js'
import { bytesOfValue } from './value-size.js'

/**
 * How a value is held. `'shared'`: decoded, and handed to all callers · `'copied'`: decoded, and copied for each caller
 * · `'encoded'`: as it is stored, and decoded for each caller.
 */
export type Form = 'shared' | 'copied' | 'encoded'

/**
 * How a decoded value is held, and what of it; where it is held encoded, that is no part of it.
 * @param isOwnTree whether nobody else has it, and it is a tree. Hot path of a miss (`bench/suites/near.mjs`): to look at it
 * and to copy it would take longer than decoding it
 */
export function holdingOf(value: unknown, clone: CloneMode, isOwnTree = false): Holding {
  if (clone === 'none') return { form: 'shared', held: value }
  if (isOwnTree && clone === 'freeze') return { form: 'shared', held: freezeTree(value) }
  const shape = shapeOf(value)
  if (shape === 'other') return { form: 'encoded' }
  if (clone === 'freeze') return { form: 'shared', held: frozenCopyOf(value, shape) }
  if (shape === 'graph') return { form: 'encoded' }
  const isOne = typeof value !== 'object' || value === null
  return isOne ? { form: 'shared', held: value } : { form: 'copied', held: copyOfTree(value) }
}

type Holding = { readonly form: 'shared' | 'copied'; readonly held: unknown } | { readonly form: 'encoded' }

/** What was read of one key, by the rules of one codec. */
export interface CopyParts {
  readonly codec: Codec
  /** The key as the server knows it. */
  readonly key: string
  /** The connection that it was read by; `undefined` for what is in this process anyway. */
  readonly source: ReplySource | undefined
  /** Until when it may be served, in ms on the monotonic clock; in `memory://` on the clock by which its entries end. */
  readonly until: Milliseconds
  /** What is stored under the key; `undefined`: nothing is. */
  readonly stored: Value | undefined
  readonly fields: FrameFields
  /** What that was decoded to. */
  readonly value: unknown
  readonly clone: CloneMode
  /** The keys of its tags: it is held for as long as none of them changes. @default none */
  readonly tagKeys?: readonly string[]
}

/**
 * A value that is held in this process, or that its key has none. It holds nothing of the reply that it was read from:
 * that may be a small part of many bytes.
 */
export class Copy {
  readonly codec: Codec
  readonly key: string
  readonly source: ReplySource | undefined
  readonly until: Milliseconds
  readonly freshness: Freshness | undefined
  readonly tagKeys: readonly string[]
  /** Whether the key does not exist. */
  readonly missing: boolean
  /** By estimate, what it takes in this process. */
  readonly bytes: number
  /** @internal That of another codec, of the same key. */
  next: Copy | undefined
  readonly #form: Form
  readonly #held: unknown

  constructor({ codec, key, source, until, stored, fields, value, clone, tagKeys = none }: CopyParts) {
    this.codec = codec
    this.key = key
    this.source = source
    this.until = until
    this.freshness = fields.freshness
    this.tagKeys = tagKeys
    this.missing = stored === undefined
    const holding = holdingOf(value, clone, codec.givesTrees)
    this.#form = holding.form
    this.#held = holding.form === 'encoded' ? ownCopyOf(stored as Value) : holding.held
    this.bytes = bytesOf(key, stored, holding)
    this.next = undefined
  }

  /** Hands the value to one caller; `undefined` where there is none. */
  read(): unknown {
    if (this.#form === 'shared') return this.#held
    return this.#form === 'copied'
      ? copyOfTree(this.#held)
      : this.codec.decode(copyToDecode(this.#held as Value), this.key)
  }

  /** As {@link read}, of a value that was read before: whether it is due is not judged once more. */
  again(): unknown {
    return this.#form === 'encoded' ? this.codec.open(copyToDecode(this.#held as Value), this.key).read() : this.read()
  }

  /** Whether reading it decodes nothing, and cannot fail. */
  get isDecoded(): boolean {
    return this.#form !== 'encoded'
  }

  isAbsence(): boolean {
    return !this.missing && this.#form === 'shared' && this.#held === undefined
  }
}

/** The copy by one codec among those of a key. */
export function copyOf(first: Copy | undefined, codec: Codec): Copy | undefined {
  let copy = first
  while (copy !== undefined && copy.codec !== codec) copy = copy.next
  return copy
}

/**
 * Puts a copy before those that other codecs have made of its key, of which a few are kept: a cache has few typed
 * caches of one key, and makes them once.
 */
export function withOthers(copy: Copy, before: Copy | undefined): Copy {
  if (before === undefined) return copy
  const kept: Copy[] = []
  for (let one: Copy | undefined = before; one !== undefined && kept.length < mostOthers; one = one.next)
    if (one.codec !== copy.codec) kept.push(one)
  kept.forEach((one, index) => (one.next = kept[index + 1]))
  copy.next = kept[0]
  return copy
}

/** What the copies of one key take in this process, by estimate. */
export function bytesOfAll(first: Copy): number {
  let bytes = 0
  for (let copy: Copy | undefined = first; copy !== undefined; copy = copy.next) bytes += copy.bytes
  return bytes
}

function bytesOf(key: string, stored: Value | undefined, holding: Holding): number {
  return copyBytes + 2 * key.length + (stored === undefined ? 0 : bytesOfHeld(stored, holding))
}

/** Decoded objects take about twice as much as their text; bytes may be compressed, and say nothing of it. */
function bytesOfHeld(stored: Value, holding: Holding): number {
  if (holding.form === 'encoded') return stored.length
  return typeof stored === 'string' ? 2 * stored.length : bytesOfValue(holding.held)
}

/** What a copy takes beside its key and its value, measured on Node 20. */
const copyBytes = 400
const mostOthers = 3

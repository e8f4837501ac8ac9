import type { ReplySource } from '../../clients/client.js'
import type { Codec, Opened } from '../../codec/codec.js'
import type { FrameFields } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import type { Milliseconds } from '../../units.js'
import { none } from '../operation.js'
import type { CloneMode } from './options.js'
import { copyOfTree, freezeDeeply, shapeOf } from './plain.js'

/**
 * How a value is held. `'shared'`: decoded, and handed to all callers · `'copied'`: decoded, and copied for each caller ·
 * `'encoded'`: as it is stored, and decoded for each caller.
 */
export type Form = 'shared' | 'copied' | 'encoded'

/** In which form a decoded value is held; one that is shared is frozen where that is asked for. */
export function formOf(value: unknown, clone: CloneMode): Form {
  if (clone === 'none') return 'shared'
  const shape = shapeOf(value)
  if (shape === 'other') return 'encoded'
  if (clone === 'freeze') {
    freezeDeeply(value)
    return 'shared'
  }
  if (shape === 'graph') return 'encoded'
  return typeof value === 'object' && value !== null ? 'copied' : 'shared'
}

/** What was read of one key, by the rules of one codec. */
export interface CopyParts {
  readonly codec: Codec
  /** The key as the server knows it. */
  readonly key: string
  /** The connection that it was read by; `undefined` for what is in this process anyway. */
  readonly source: ReplySource | undefined
  /** Until when it may be served, on the monotonic clock, in ms. */
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

/** A value that is held in this process, or that its key has none. */
export class Copy implements Opened {
  readonly codec: Codec
  readonly key: string
  readonly source: ReplySource | undefined
  readonly until: Milliseconds
  readonly fields: FrameFields
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
    this.fields = fields
    this.tagKeys = tagKeys
    this.missing = stored === undefined
    this.#form = formOf(value, clone)
    this.#held = this.#form === 'encoded' ? stored : value
    this.bytes = bytesOf(key, stored, this.#form)
    this.next = undefined
  }

  /** Hands the value to one caller; `undefined` where there is none. */
  read(): unknown {
    if (this.#form === 'shared') return this.#held
    return this.#form === 'copied' ? copyOfTree(this.#held) : this.codec.decode(this.#held as Value, this.key)
  }

  isAbsence(): boolean {
    return !this.missing && this.#form === 'shared' && this.#held === undefined
  }
}

/** Decoded objects take about twice as much as the text that they were decoded from. */
function bytesOf(key: string, stored: Value | undefined, form: Form): number {
  const size = stored?.length ?? 0
  return copyBytes + 2 * key.length + (form === 'encoded' ? size : 2 * size)
}

/** What a copy takes beside its key and its value, measured on Node 20. */
const copyBytes = 400

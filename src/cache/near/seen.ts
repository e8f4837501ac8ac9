import type { Codec, Opened } from '../../codec/codec.js'
import { noFields, type FrameFields } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import { longestCut } from '../../connection/resp/copies.js'
import { after, isPromise } from '../../promises.js'
import type { Copy } from './copy.js'
import type { CloneMode } from './options.js'
import { copyToDecode, ownCopyOf } from './own-copy.js'
import { frozenCopyOf } from './plain.js'

/** What is stored under a key. */
export interface Seen {
  readonly stored: Value
  /** Its `read` hands the value out as copies are handed out. */
  readonly entry: Opened
}

/** Holds a value once it is decoded. */
export type Hold = (value: unknown) => Copy

/** How values are read and handed out. */
export interface Handing {
  readonly codec: Codec
  readonly clone: CloneMode
}

/**
 * Makes of what is stored under a key what its reader gets: a copy, where `mayHold` says how it is held, or else what
 * is decoded for this reader alone. What cannot be read throws once its value is asked for, of one key among many as
 * well.
 * @param mayHold asked before the value is decoded
 */
export function seenOf(
  { codec, clone }: Handing,
  key: string,
  stored: Value,
  mayHold: (fields: FrameFields) => Hold | undefined,
): Seen | Promise<Seen> {
  const source = mayKeepParts(stored, clone) ? ownCopyOf(stored) : stored
  const opened = open(codec, source, key)
  // A herd cache of Django's format judges by the value whether it is due, and only when it is decoded so.
  const decode = (from: Value): unknown => (codec.framed ? codec.open(from, key).read() : codec.decode(from, key))
  const entry = new Unheld(opened, () => decode(copyToDecode(source)), clone)
  const unheld = { stored, entry }
  const hold = mayHold(opened.fields)
  if (hold === undefined) return unheld
  const held = (value: unknown): Seen => {
    if (value !== undefined || opened.isAbsence()) return { stored, entry: entryOf(hold(value), opened.fields) }
    entry.isRefused = true
    return unheld
  }
  try {
    const seen = after(decode(source), held)
    return isPromise(seen) ? seen.catch(() => unheld) : seen
  } catch {
    return unheld
  }
}

/**
 * Whether what is held of a decoded value may refer to what it was decoded from: with `'none'` it may be a view of the
 * bytes, and a serializer of the application may give a part of a text.
 */
function mayKeepParts(stored: Value, clone: CloneMode): boolean {
  return clone === 'none' || (typeof stored === 'string' && stored.length <= longestCut)
}

/** Hands out a value that is not held: what its maker may give to others as well stays as it is. */
export function handedOut<T>(value: T, clone: CloneMode): T {
  return clone === 'freeze' ? frozenCopyOf(value) : value
}

function entryOf(copy: Copy, fields: FrameFields): Opened {
  return { fields, read: () => copy.read(), isAbsence: () => copy.isAbsence() }
}

function open(codec: Codec, stored: Value, key: string): Opened {
  try {
    return codec.open(stored, key)
  } catch {
    return { fields: noFields, read: () => codec.decode(stored, key), isAbsence: () => false }
  }
}

/** What was read and is not held: it is decoded for each caller who has waited for the read. */
class Unheld implements Opened {
  /**
   * Whether decoding it gave no value already, as where a schema refuses it. Its first reader is told so, and the schema
   * is not asked twice for one read.
   */
  isRefused = false
  readonly #opened: Opened
  readonly #decode: () => unknown
  readonly #clone: CloneMode

  constructor(opened: Opened, decode: () => unknown, clone: CloneMode) {
    this.#opened = opened
    this.#decode = decode
    this.#clone = clone
  }

  get fields(): FrameFields {
    return this.#opened.fields
  }

  read(): unknown {
    if (this.isRefused) {
      this.isRefused = false
      return undefined
    }
    return after(this.#decode(), (value) => handedOut(value, this.#clone))
  }

  isAbsence(): boolean {
    return this.#opened.isAbsence()
  }
}

import type { Codec, Opened } from './codec.js'
import { noFields } from './frame.js'
import type { TextSerializer } from './serializer.js'
import { checkValue, decodeNumber, deserialize, isNumber, noFrames, serialize, writeNumber } from './stages.js'
import { defaultMaxValues } from './bounds.js'
import type { Value } from './value.js'

/**
 * Numbers bare, everything else as text: readable by Django's JSON serializers and by INCR.
 * Hot path: no bytes are made and nothing is awaited.
 */
export class TextCodec implements Codec {
  readonly reads = 'text'
  readonly bareNumbers = true
  readonly framed = false
  readonly givesTrees: boolean
  readonly #writer: TextSerializer
  readonly #readers: readonly TextSerializer[]
  readonly #maxValues: number

  constructor(writer: TextSerializer, others: readonly TextSerializer[], maxValues: number = defaultMaxValues) {
    this.#writer = writer
    this.#readers = [writer, ...others]
    this.givesTrees = this.#readers.every(({ givesTrees }) => givesTrees === true)
    this.#maxValues = maxValues
  }

  encode(value: unknown): string {
    if (isNumber(value)) return writeNumber(value)
    checkValue(value)
    return serialize(this.#writer, value)
  }

  encodeAbsence(): never {
    throw noFrames()
  }

  encodeMember(value: unknown): string {
    const text = this.encode(value)
    return isNumber(value) ? text : this.#writer.asMember(text)
  }

  open(stored: Value): Opened {
    return { fields: noFields, read: () => this.decode(stored), isAbsence: () => false }
  }

  decode(stored: Value): unknown {
    return decodeNumber(stored) ?? deserialize(this.#readers, stored, this.#maxValues)
  }
}

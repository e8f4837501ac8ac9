import type { Codec } from './codec.js'
import { readNumber } from './numbers.js'
import type { TextSerializer } from './serializer.js'
import { checkValue, deserialize, isNumber, serialize, writeNumber } from './stages.js'
import type { Value } from './value.js'

/**
 * Numbers bare, everything else as text: readable by Django's JSON serializers and by INCR.
 * Hot path: no bytes are made and nothing is awaited.
 */
export class TextCodec implements Codec {
  readonly reads = 'text'
  readonly bareNumbers = true
  readonly #writer: TextSerializer
  readonly #readers: readonly TextSerializer[]

  constructor(writer: TextSerializer, others: readonly TextSerializer[]) {
    this.#writer = writer
    this.#readers = [writer, ...others]
  }

  encode(value: unknown): string {
    if (isNumber(value)) return writeNumber(value)
    checkValue(value)
    return serialize(this.#writer, value)
  }

  encodeMember(value: unknown): string {
    const text = this.encode(value)
    return isNumber(value) ? text : this.#writer.asMember(text)
  }

  decode(stored: Value): unknown {
    return readNumber(stored) ?? deserialize(this.#readers, stored)
  }
}

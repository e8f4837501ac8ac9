import { CodecError } from '../errors.js'
import type { Codec } from './codec.js'
import { formatNumber, parseNumber } from './numbers.js'
import { encodeMember } from './python-json.js'

/**
 * Numbers bare, everything else as JSON: readable by Django's JSON serializers and by INCR.
 * Shape: JSON's own rules hold inside values (a Date becomes its ISO text, NaN becomes null).
 */
export class JsonCodec implements Codec {
  readonly reads = 'text'

  encode(value: unknown): string {
    if (typeof value === 'number' || typeof value === 'bigint') return encodeNumber(value)
    const json = stringify(value)
    if (json === undefined) throw new TypeError(`${typeof value} is not a value that can be stored; null is.`)
    return json
  }

  encodeMember(value: unknown): string {
    return encodeMember(value)
  }

  decode(stored: string | Uint8Array): unknown {
    const text = typeof stored === 'string' ? stored : Buffer.from(stored).toString('utf8')
    const number = mayBeNumber(text.charCodeAt(0)) ? parseNumber(text) : undefined
    return number ?? parse(text)
  }
}

function encodeNumber(value: number | bigint): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new CodecError('encode', `${value} cannot be stored; store null, or text.`)
  return formatNumber(value)
}

function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value) as string | undefined
  } catch (cause) {
    throw new CodecError(
      'encode',
      'this value has no JSON form (a cycle, a nested bigint, or a toJSON that throws); see cause.',
      { cause },
    )
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new CodecError(
      'decode',
      `the stored text of ${text.length} characters is not JSON; was it written with another serializer or compressor?`,
      { cause },
    )
  }
}

/** Objects, arrays and texts, the usual values, cannot: a look at the first character saves a regular expression. */
function mayBeNumber(first: number): boolean {
  return first !== 0x7b && first !== 0x5b && first !== 0x22
}

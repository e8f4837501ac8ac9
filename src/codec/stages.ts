import { isUint8Array } from 'node:util/types'
import { CodecError } from '../errors.js'
import { after, isPromise } from '../promises.js'
import { show } from '../units.js'
import type { Compressor } from './compressor.js'
import { TooLargeError } from './compressors/too-large.js'
import { formatNumber, readNumber } from './numbers.js'
import type { TooManyValuesError } from './too-many-values.js'
import type { Value } from './value.js'

/** @throws {TypeError} for what is no value */
export function checkValue(value: unknown): void {
  if (value === undefined || typeof value === 'function' || typeof value === 'symbol')
    throw new TypeError(`${typeof value} is not a value that can be stored; null is.`)
}

export function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

/** The digits of a number. */
export function writeNumber(value: number | bigint): string {
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new CodecError('serialize', `${value} cannot be stored; store null, or text.`)
  try {
    return formatNumber(value)
  } catch (cause) {
    throw numberFailure('serialize', cause)
  }
}

/** The number that is stored, if it is one. Numbers are tried first, whatever the serializer is. */
export function decodeNumber(stored: Value): number | bigint | undefined {
  try {
    return readNumber(stored)
  } catch (cause) {
    throw numberFailure('deserialize', cause)
  }
}

function numberFailure(stage: string, cause: unknown): CodecError {
  return new CodecError(stage, cause instanceof Error ? cause.message : String(cause), { cause })
}

/** What some serializer makes of a value. */
export function serialize<Form extends Value>(
  serializer: { readonly name: string; serialize(value: unknown): Form },
  value: unknown,
): Form {
  let form: Form
  try {
    form = serializer.serialize(value)
  } catch (cause) {
    throw new CodecError('serialize', `'${serializer.name}' cannot write this value; its cause says why.`, { cause })
  }
  if (typeof form === 'string' || isUint8Array(form)) return form
  throw new CodecError('serialize', `'${serializer.name}' must return a text or bytes, and returned ${show(form)}.`)
}

/** What the first serializer that can read it makes of what is stored. */
export function deserialize<Stored extends Value>(
  serializers: readonly { readonly name: string; deserialize(stored: Stored, maxValues: number): unknown }[],
  stored: Stored,
  maxValues: number,
): unknown {
  let cause: unknown
  for (const serializer of serializers) {
    try {
      return serializer.deserialize(stored, maxValues)
    } catch (error) {
      if (hasCode(error, tooManyValues)) throw tooMany(maxValues, error)
      cause ??= error
    }
  }
  const names = serializers.map(({ name }) => `'${name}'`).join(' or ')
  throw new CodecError(
    'deserialize',
    `what is stored (length ${stored.length}) is not what ${names} writes; name what wrote it in decoders.`,
    { cause },
  )
}

export function compress(compressor: Compressor, bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
  const failure = (cause: unknown): CodecError =>
    new CodecError('compress', `'${compressor.name}' failed; its cause says why.`, { cause })
  return attempt(() => after(compressor.compress(bytes), checkBytes), failure)
}

export function decompress(
  compressor: Compressor,
  bytes: Uint8Array,
  maxBytes: number,
): Uint8Array | Promise<Uint8Array> {
  const failure = (cause: unknown): CodecError => {
    const problem = isTooLarge(cause)
      ? `more than ${maxBytes} bytes come out of ${bytes.length}; raise maxDecodedBytes if that is right.`
      : `these ${bytes.length} bytes are not what '${compressor.name}' writes, or they are damaged.`
    return new CodecError('decompress', problem, { cause })
  }
  const check = (plain: Uint8Array): Uint8Array => {
    if (checkBytes(plain).length > maxBytes) throw new TooLargeError(maxBytes)
    return plain
  }
  return attempt(() => after(compressor.decompress(bytes, maxBytes), check), failure)
}

function tooMany(maxValues: number, cause: unknown): CodecError {
  const problem = `what is stored holds more than ${maxValues} values; raise maxDecodedValues if that is right.`
  return new CodecError('deserialize', problem, { cause })
}

/** Whether it failed because more bytes came out than may. */
export function isTooLarge(error: unknown): boolean {
  return hasCode(error, 'ERR_BUFFER_TOO_LARGE')
}

/** Whether it failed at the bound on bytes or at the bound on values; then no other way to read it is tried. */
export function isOverBound(error: unknown): boolean {
  return isTooLarge(error) || hasCode(error, tooManyValues)
}

function hasCode(error: unknown, code: string): boolean {
  const cause = error instanceof CodecError ? error.cause : error
  return cause instanceof Error && 'code' in cause && cause.code === code
}

const tooManyValues: TooManyValuesError['code'] = 'ERR_TOO_MANY_VALUES'

/** A compressor may be a user's own. */
function checkBytes(bytes: unknown): Uint8Array {
  if (isUint8Array(bytes)) return bytes
  throw new TypeError(`bytes were expected, and it returned ${show(bytes)}.`)
}

function attempt<T>(work: () => T | Promise<T>, failure: (cause: unknown) => CodecError): T | Promise<T> {
  const fail = (cause: unknown): never => {
    throw failure(cause)
  }
  try {
    const result = work()
    return isPromise(result) ? Promise.resolve(result).catch(fail) : result
  } catch (cause) {
    return fail(cause)
  }
}

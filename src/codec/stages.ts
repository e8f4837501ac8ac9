import { isUint8Array } from 'node:util/types'
import { CodecError, UnsupportedError, type CodecErrorOptions, type CodecFault } from '../errors.js'
import { after, isPromise } from '../promises.js'
import { show } from '../units.js'
import { isTooLarge, isTooMany, TooLargeError } from './bounds.js'
import type { Compressor } from './compressor.js'
import { isBuiltIn as isBuiltInCompressor } from './compressors/index.js'
import { formatNumber, readNumber } from './numbers.js'
import { isBuiltIn as isBuiltInSerializer, isText } from './serializers/index.js'
import type { Value } from './value.js'

interface Named {
  readonly name: string
}

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

/** Why a codec without frames cannot write what only a frame can hold. */
export function noFrames(): UnsupportedError {
  return new UnsupportedError("Only a frame can say that there is no value; set format: 'framed' for this cache.")
}

/** What a serializer makes of a value. A CodecError of the stage `serialize` says all by itself, and is passed on. */
export function serialize<Form extends Value>(
  serializer: Named & { serialize(value: unknown): Form },
  value: unknown,
): Form {
  let form: Form
  try {
    form = serializer.serialize(value)
  } catch (cause) {
    if (cause instanceof CodecError && cause.stage === 'serialize') throw cause
    const fault = faultOf(cause, isBuiltInSerializer(serializer))
    const problem = `'${serializer.name}' cannot write this value; its cause says why.`
    throw new CodecError('serialize', problem, { cause, fault })
  }
  checkForm(serializer, form)
  return form
}

/** A text goes to the server as UTF-8, which has no half of a surrogate pair: two texts would have the same bytes. */
function checkForm(serializer: Named, form: unknown): void {
  if (isText(serializer) || isUint8Array(form)) return
  if (typeof form !== 'string') {
    const problem = `'${serializer.name}' must return a text or bytes, and returned ${show(form)}.`
    throw new CodecError('serialize', problem, { fault: 'setup' })
  }
  if (!form.isWellFormed())
    throw new CodecError('serialize', `'${serializer.name}' wrote half a surrogate pair, which UTF-8 cannot hold.`)
}

interface Reader<Stored extends Value> extends Named {
  deserialize(stored: Stored, maxValues: number): unknown
}

/** What the first serializer that can read it makes of what is stored. A user's own may be async, though none has to be. */
export function deserialize<Stored extends Value>(
  serializers: readonly Reader<Stored>[],
  stored: Stored,
  maxValues: number,
): unknown {
  let first: CodecErrorOptions | undefined
  for (const serializer of serializers) {
    try {
      const value = serializer.deserialize(stored, maxValues)
      return isPromise(value) ? settled(value, serializer, { serializers, stored, maxValues, first }) : value
    } catch (cause) {
      const own = refusal(cause, serializer, maxValues)
      first ??= own
    }
  }
  throw unreadable(serializers, stored, first)
}

/** What is known when a serializer gives a promise. */
interface Reading {
  readonly serializers: readonly Named[]
  readonly stored: Value
  readonly maxValues: number
  /** Why an earlier serializer could not read it. */
  readonly first: CodecErrorOptions | undefined
}

async function settled(
  value: PromiseLike<unknown>,
  serializer: Named,
  { serializers, stored, maxValues, first }: Reading,
): Promise<unknown> {
  try {
    return await value
  } catch (cause) {
    const own = refusal(cause, serializer, maxValues)
    throw unreadable(serializers, stored, first ?? own)
  }
}

/** @throws {CodecError} E_CODEC when there are too many values, whoever reads them */
function refusal(cause: unknown, serializer: Named, maxValues: number): CodecErrorOptions {
  if (isTooMany(cause)) throw tooMany(maxValues, cause)
  return { cause, fault: faultOf(cause, isBuiltInSerializer(serializer)) }
}

function unreadable(
  serializers: readonly Named[],
  { length }: Value,
  first: CodecErrorOptions | undefined,
): CodecError {
  const names = serializers.map(({ name }) => `'${name}'`).join(' or ')
  const problem = `what is stored (length ${length}) is not what ${names} writes; name what wrote it in decoders.`
  return new CodecError('deserialize', problem, first)
}

function tooMany(maxValues: number, cause: unknown): CodecError {
  const problem = `what is stored holds more than ${maxValues} values; raise maxDecodedValues if that is right.`
  return new CodecError('deserialize', problem, { cause })
}

export function compress(compressor: Compressor, bytes: Uint8Array): Uint8Array | Promise<Uint8Array> {
  const failure = (cause: unknown): CodecError => {
    const fault = faultOf(cause, isBuiltInCompressor(compressor))
    return new CodecError('compress', `'${compressor.name}' failed; its cause says why.`, { cause, fault })
  }
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
    return new CodecError('decompress', problem, { cause, fault: faultOf(cause, isBuiltInCompressor(compressor)) })
  }
  const check = (plain: Uint8Array): Uint8Array => {
    if (checkBytes(plain).length > maxBytes) throw new TooLargeError(maxBytes)
    return plain
  }
  return attempt(() => after(compressor.decompress(bytes, maxBytes), check), failure)
}

/** What is ours throws for a value; a TypeError or ReferenceError out of a user's own code is a mistake in that code. */
function faultOf(cause: unknown, builtIn: boolean): CodecFault {
  const mistake = cause instanceof Error && (cause.name === 'TypeError' || cause.name === 'ReferenceError')
  return mistake && !builtIn ? 'setup' : 'value'
}

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

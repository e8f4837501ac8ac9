import { ConfigurationError } from '../errors.js'
import { show, toWholeNumber } from '../units.js'
import type { Compressor } from './compressor.js'
import { compressors, type CompressorKind, type CompressorName, type DecompressorName } from './compressors/index.js'
import { isFieldText } from './frame.js'
import type { Serializer } from './serializer.js'
import { serializers, type SerializerName } from './serializers/index.js'
import { v8Problem } from './serializers/v8.js'

/** What reads values: the name of a serializer or a compressor, or your own. */
export type Decoder = SerializerName | CompressorName | DecompressorName | Serializer | Compressor

export interface Decoders {
  readonly serializers: readonly Serializer[]
  readonly compressors: readonly Compressor[]
}

/** @throws {ConfigurationError} E_CONFIG at `path` */
export function readSerializer(choice: unknown = 'json', path: string): Serializer {
  const found = namedSerializer(choice, path)
  if (found !== undefined) return found
  if (isSerializer(choice)) return choice
  const names = Object.keys(serializers).map(show).join(', ')
  throw new ConfigurationError(path, `expected ${names} or { name, serialize, deserialize }, got ${show(choice)}`)
}

/** @throws {ConfigurationError} E_CONFIG at the compressor or its level */
export function readCompressor(
  choice: unknown = 'none',
  level: number | undefined,
  pathOf: (option: 'compressor' | 'compressLevel') => string,
): Compressor | undefined {
  const kind = namedCompressor(choice)
  if (choice !== 'none' && kind === undefined && !isCompressor(choice)) throw noCompressor(choice, pathOf('compressor'))
  if (kind?.readOnly) throw readOnly(choice, pathOf('compressor'))
  if (level !== undefined) checkLevel(choice, kind, level, pathOf('compressLevel'))
  if (kind !== undefined) return make(kind, level, pathOf('compressor'))
  return isCompressor(choice) ? choice : undefined
}

function noCompressor(choice: unknown, path: string): ConfigurationError {
  const names = ['none', ...Object.keys(compressors).filter((name) => !namedCompressor(name)?.readOnly)]
  const expected = `${names.map(show).join(', ')} or { name, compress, decompress }`
  return new ConfigurationError(path, `expected ${expected}, got ${show(choice)}`)
}

function readOnly(choice: unknown, path: string): ConfigurationError {
  return new ConfigurationError(
    path,
    `${show(choice)} can be read here and not written; name it in decoders, and write with 'none', which Python reads too`,
  )
}

/** @throws {ConfigurationError} E_CONFIG at `path` */
export function readDecoders(choices: unknown = [], path: string): Decoders {
  if (!Array.isArray(choices))
    throw new ConfigurationError(path, `expected an array of serializers and compressors, got ${show(choices)}`)
  const read = choices.map((choice: unknown, index) => readDecoder(choice, `${path}[${index}]`))
  return { serializers: read.filter(isSerializer), compressors: read.filter(isCompressor) }
}

function readDecoder(choice: unknown, path: string): Serializer | Compressor {
  const serializer = namedSerializer(choice, path)
  if (serializer !== undefined) return serializer
  const kind = namedCompressor(choice)
  if (kind !== undefined) return make(kind, undefined, path)
  if (isSerializer(choice) || isCompressor(choice)) return choice
  const names = [...Object.keys(serializers), ...Object.keys(compressors)].map(show).join(', ')
  throw new ConfigurationError(path, `expected ${names}, or your own serializer or compressor, got ${show(choice)}`)
}

function namedSerializer(choice: unknown, path: string): Serializer | undefined {
  if (typeof choice !== 'string' || !Object.hasOwn(serializers, choice)) return undefined
  const problem = choice === 'v8' ? v8Problem(process.versions) : undefined
  if (problem !== undefined) throw new ConfigurationError(path, `'v8' cannot be used here: ${problem}`)
  return serializers[choice as SerializerName]
}

function namedCompressor(choice: unknown): CompressorKind | undefined {
  const named = typeof choice === 'string' && Object.hasOwn(compressors, choice)
  return named ? compressors[choice as CompressorName] : undefined
}

function make(kind: CompressorKind, level: number | undefined, path: string): Compressor {
  try {
    return kind.make(level)
  } catch (cause) {
    throw new ConfigurationError(path, cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function checkLevel(choice: unknown, kind: CompressorKind | undefined, level: number, path: string): void {
  if (kind?.levels === undefined)
    throw new ConfigurationError(path, `${show(choice)} as compressor has no levels; leave it out`)
  const [least, most] = kind.levels
  if (toWholeNumber(level, least, path) > most)
    throw new ConfigurationError(path, `${show(choice)} has levels ${least} to ${most}, got ${level}`)
}

function isSerializer(choice: unknown): choice is Serializer {
  return hasName(choice) && hasMethods(choice, ['serialize', 'deserialize'])
}

function isCompressor(choice: unknown): choice is Compressor {
  return hasName(choice) && hasMethods(choice, ['compress', 'decompress'])
}

function hasName(choice: unknown): choice is Record<string, unknown> {
  return typeof choice === 'object' && choice !== null && 'name' in choice && isFieldText(choice.name)
}

function hasMethods(choice: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.every((name) => typeof choice[name] === 'function')
}

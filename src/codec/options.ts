import { ConfigurationError } from '../errors.js'
import { show, toWholeNumber, type Milliseconds } from '../units.js'
import { readCompressor, readDecoders, readSerializer, type Decoder, type Decoders } from './choices.js'
import type { Compressor } from './compressor.js'
import type { CompressorName } from './compressors/index.js'
import { readEncryption, type EncryptionOptions, type ResolvedEncryption } from './encryption-options.js'
import type { Serializer } from './serializer.js'
import { isDistinct, isPickle, type SerializerName } from './serializers/index.js'
import { defaultMaxValues } from './bounds.js'
import { pickle5Serializer, pickleSerializer } from './serializers/pickle/index.js'
import type { PickleProtocol } from './serializers/pickle/writer.js'

/** Whether values carry what is needed to read them. */
export type Format = 'django' | 'framed'

/** How values become bytes, and back. */
export interface CodecOptions {
  /** How values become bytes. @default 'json' */
  readonly serializer?: SerializerName | Serializer
  /**
   * The protocol that the serializer `'pickle'` writes: that of Python's PICKLE_VERSION, so that members of sets are the
   * same on both sides. Every protocol is read. @default 4, Python's own up to 3.13
   */
  readonly pickleProtocol?: PickleProtocol
  /** How bytes become fewer. @default 'none' */
  readonly compressor?: 'none' | CompressorName | Compressor
  /** Values are compressed when they are longer than this many bytes. @default 15 */
  readonly compressMinLength?: number
  /** zlib and gzip 1 to 9, brotli 0 to 11, zstd 1 to 22. @default zlib 6, gzip 9, brotli 11, zstd 1 */
  readonly compressLevel?: number
  /** The most bytes that one value may have when it is decompressed; more is a CodecError. @default 67108864 (64 MiB) */
  readonly maxDecodedBytes?: number
  /**
   * The most values that one decoded value may hold: array items, map entries and members, nested ones too; more is a
   * CodecError. A JSON text is counted when it is longer than 1 MiB. @default 4000000
   */
  readonly maxDecodedValues?: number
  /** What values are read with besides `serializer` and `compressor`, for migrations. @default [] */
  readonly decoders?: readonly Decoder[]
  /** `'django'`: no metadata, readable by django-valkey; `'framed'`: says what wrote it. @default 'framed' with encryption, grace, refreshAt or negativeTtl, with raw or own serializers, and for a herd of others than pickle, else 'django' */
  readonly format?: Format
  /** Encrypts values with AES-256-GCM. @default none */
  readonly encryption?: EncryptionOptions
}

/** How a cache writes and reads values, complete and checked. */
export interface ResolvedCodec {
  readonly serializer: Serializer
  readonly compressor: Compressor | undefined
  readonly compressMinLength: number
  readonly maxDecodedBytes: number
  readonly maxDecodedValues: number
  readonly decoders: Decoders
  readonly format: Format
  readonly encryption: ResolvedEncryption | undefined
  /** In ms, in a herd cache: how long a value is kept after its soft deadline. `undefined` in any other. */
  readonly herdTimeout: Milliseconds | undefined
}

/** What else of a cache's options decides how values are stored. */
export interface CodecNeeds {
  /** The name of an option that needs frames, if there is one. */
  readonly framed?: string | undefined
  readonly herdTimeout?: Milliseconds | undefined
}

/**
 * @param pathOf where an option stands
 * @throws {ConfigurationError} E_CONFIG with the path of the value, also for a package that is missing
 */
export function resolveCodec(
  options: CodecOptions,
  pathOf: (option: keyof CodecOptions) => string,
  { framed, herdTimeout }: CodecNeeds = {},
): ResolvedCodec {
  const { compressMinLength = 15, maxDecodedBytes = 64 * 1024 * 1024, maxDecodedValues = defaultMaxValues } = options
  const protocol = readPickleProtocol(options.pickleProtocol, pathOf('pickleProtocol'))
  const chosen = readSerializer(options.serializer, pathOf('serializer'))
  const serializer = chosen === pickleSerializer && protocol === 5 ? pickle5Serializer : chosen
  return {
    serializer,
    compressor: readCompressor(options.compressor, options.compressLevel, pathOf),
    compressMinLength: toWholeNumber(compressMinLength, 0, pathOf('compressMinLength')),
    maxDecodedBytes: toWholeNumber(maxDecodedBytes, 1, pathOf('maxDecodedBytes')),
    maxDecodedValues: toWholeNumber(maxDecodedValues, 1, pathOf('maxDecodedValues')),
    decoders: readDecoders(options.decoders, pathOf('decoders')),
    format: readFormat(options, { serializer, framed, herd: herdTimeout !== undefined }, pathOf('format')),
    encryption: readEncryption(options.encryption, pathOf('encryption')),
    herdTimeout,
  }
}

function readPickleProtocol(protocol: unknown = 4, path: string): PickleProtocol {
  if (protocol === 4 || protocol === 5) return protocol
  throw new ConfigurationError(path, `expected 4 or 5, got ${show(protocol)}`)
}

interface FormatNeeds {
  readonly serializer: Serializer
  readonly framed: string | undefined
  readonly herd: boolean
}

/** What needs a frame has one; Django's format is refused where it cannot hold what is asked for. */
function readFormat(
  { format, encryption, decoders }: CodecOptions,
  { serializer, framed, herd }: FormatNeeds,
  path: string,
): Format {
  if (format !== undefined && format !== 'django' && format !== 'framed')
    throw new ConfigurationError(path, `expected 'django' or 'framed', got ${show(format)}`)
  const foreignHerd = herd && !isPickle(serializer)
  const needsFrames = framed !== undefined || encryption !== undefined || foreignHerd || !isDistinct(serializer)
  if (format !== 'django') return format ?? (needsFrames ? 'framed' : 'django')
  if (encryption !== undefined)
    throw new ConfigurationError(path, "Python cannot read what is encrypted; leave 'django' out, or encryption")
  if (framed !== undefined)
    throw new ConfigurationError(
      path,
      `${framed} needs frames, which Python cannot read; leave 'django' out, or ${framed}`,
    )
  if (foreignHerd)
    throw new ConfigurationError(
      path,
      `a herd cache of Django has pickles, and this one ${serializer.name}; set serializer: 'pickle', or leave 'django' out`,
    )
  if (!isDistinct(serializer) && decoders !== undefined && decoders.length > 0)
    throw new ConfigurationError(
      path,
      `without frames, what ${serializer.name} writes cannot be told from what decoders read; leave 'django' out`,
    )
  return format
}

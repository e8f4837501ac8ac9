import { msgspecJson } from '../../codec/serializers/msgspec-json.js'
import type { Compressor } from '../../codec/compressor.js'
import type { CacheOptions } from '../options.js'
import type { CompressorName } from './class-paths.js'
import { readCompressor, readSerializer } from './classes.js'
import { defined } from '../defined.js'
import type { Draft } from './draft.js'
import type { Entry } from './entry.js'

/** How the values of a cache become bytes, such that Python reads them. */
export function codecOf(entry: Entry, draft: Draft): CacheOptions {
  const { options, optionsPath, classes } = entry
  const serializer = readSerializer(options.SERIALIZER, `${optionsPath}.SERIALIZER`, classes)
  const compressor = readCompressor(options.COMPRESSOR, `${optionsPath}.COMPRESSOR`, classes)
  const own = typeof serializer === 'object' || typeof compressor === 'object'
  const pickles = serializer === 'pickle'
  return {
    serializer: serializer === 'msgspec-json' ? msgspecJson() : serializer,
    ...(own && (pickles || !entry.herd) && { format: 'django' }),
    ...(pickles && pickleProtocolOf(entry, draft)),
    ...herdOf(entry, draft, pickles),
    ...compressionOf(compressor, entry, draft),
  }
}

/** In Python only pickle can write what HerdClient puts beside a value. */
function herdOf({ herd, optionsPath, warn }: Entry, { herdTimeout }: Draft, pickles: boolean): CacheOptions {
  if (!herd) return {}
  if (!pickles)
    warn(
      `${optionsPath}.SERIALIZER`,
      "django-valkey's HerdClient works with PickleSerializer only; here values are framed, which Python cannot read",
    )
  return defined({ herd, herdTimeout })
}

function pickleProtocolOf({ optionsPath, warn }: Entry, { pickleProtocol }: Draft): CacheOptions {
  if (pickleProtocol !== undefined) return { pickleProtocol }
  warn(
    `${optionsPath}.PICKLE_VERSION`,
    'is not given: Python up to 3.13 writes protocol 4, as is written here, and from 3.14 on 5; then neither side finds ' +
      'members of sets that the other wrote. Give PICKLE_VERSION on both sides, or pickleProtocol here',
  )
  return {}
}

function compressionOf(
  compressor: CompressorName | Compressor,
  { optionsPath, warn }: Entry,
  { compressMinLength, compressLevel, zlibWritesGzip }: Draft,
): CacheOptions {
  const path = `${optionsPath}.COMPRESSOR`
  if (compressor === 'none') return {}
  if (compressor === 'bz2' || compressor === 'xz') {
    warn(path, `'${compressor}' is read here; what is written is not compressed, and Python reads that too`)
    return { decoders: [compressor] }
  }
  const levels = typeof compressor === 'string' && compressor !== 'lz4'
  if (compressLevel !== undefined && !levels) warn(path, 'has no levels here; CACHE_COMPRESS_LEVEL is left out')
  return defined({
    compressor: compressor === 'zlib' && zlibWritesGzip ? 'gzip' : compressor,
    compressMinLength,
    compressLevel: levels ? compressLevel : undefined,
  })
}

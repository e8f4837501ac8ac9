import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'

export type SerializerName = 'json' | 'msgpack' | 'msgspec-json' | 'pickle'
export type CompressorName = 'none' | 'brotli' | 'bz2' | 'gzip' | 'lz4' | 'xz' | 'zlib' | 'zstd'

/** The factories of django-valkey that make connections. */
export type KnownFactory = 'default' | 'sentinel' | 'cluster'

/** The clients of django-valkey; each but ShardClient has a factory of its own. */
export type KnownClient = KnownFactory | 'shard'

/** What the dotted paths of one kind of class stand for. */
export interface ClassPaths<Meaning> {
  readonly kind: string
  readonly meanings: ReadonlyMap<string, Meaning>
}

/** A backend stands for the client that it has when CLIENT_CLASS says nothing. */
export const backends: ClassPaths<'default' | 'cluster'> = classPaths<'default' | 'cluster'>('backend', [
  ['default', ['django_valkey.cache.ValkeyCache', 'django_valkey.async_cache.cache.AsyncValkeyCache']],
  ['cluster', ['django_valkey.cluster_cache.cache.ClusterValkeyCache']],
])

export const clientClasses: ClassPaths<KnownClient | 'herd'> = classPaths<KnownClient | 'herd'>('client class', [
  [
    'default',
    [
      'django_valkey.client.DefaultClient',
      'django_valkey.client.default.DefaultClient',
      'django_valkey.client.HashClient',
      'django_valkey.client.default.HashClient',
      'django_valkey.async_cache.client.AsyncDefaultClient',
      'django_valkey.async_cache.client.default.AsyncDefaultClient',
      'django_valkey.async_cache.client.AsyncHashClient',
      'django_valkey.async_cache.client.default.AsyncHashClient',
    ],
  ],
  [
    'sentinel',
    [
      'django_valkey.client.SentinelClient',
      'django_valkey.client.sentinel.SentinelClient',
      'django_valkey.async_cache.client.AsyncSentinelClient',
      'django_valkey.async_cache.client.sentinel.AsyncSentinelClient',
    ],
  ],
  [
    'herd',
    [
      'django_valkey.client.HerdClient',
      'django_valkey.client.herd.HerdClient',
      'django_valkey.async_cache.client.AsyncHerdClient',
      'django_valkey.async_cache.client.herd.AsyncHerdClient',
    ],
  ],
  ['shard', ['django_valkey.client.ShardClient', 'django_valkey.client.sharded.ShardClient']],
  [
    'cluster',
    [
      'django_valkey.cluster_cache.client.DefaultClusterClient',
      'django_valkey.cluster_cache.client.default.DefaultClusterClient',
    ],
  ],
])

export const connectionFactories: ClassPaths<KnownFactory> = classPaths<KnownFactory>('connection factory', [
  ['default', ['django_valkey.pool.ConnectionFactory', 'django_valkey.async_cache.pool.AsyncConnectionFactory']],
  [
    'sentinel',
    ['django_valkey.pool.SentinelConnectionFactory', 'django_valkey.async_cache.pool.AsyncSentinelConnectionFactory'],
  ],
  ['cluster', ['django_valkey.cluster_cache.pool.ClusterConnectionFactory']],
])

export const poolClasses: ClassPaths<'default' | 'sentinel'> = classPaths<'default' | 'sentinel'>('connection pool', [
  [
    'default',
    [
      'valkey.ConnectionPool',
      'valkey.connection.ConnectionPool',
      'valkey.BlockingConnectionPool',
      'valkey.connection.BlockingConnectionPool',
      'valkey.asyncio.ConnectionPool',
      'valkey.asyncio.connection.ConnectionPool',
      'valkey.asyncio.BlockingConnectionPool',
      'valkey.asyncio.connection.BlockingConnectionPool',
    ],
  ],
  [
    'sentinel',
    [
      'valkey.SentinelConnectionPool',
      'valkey.sentinel.SentinelConnectionPool',
      'valkey.asyncio.SentinelConnectionPool',
      'valkey.asyncio.sentinel.SentinelConnectionPool',
    ],
  ],
])

/** django-valkey's documentation writes `serializer`, its code `serializers`. */
export const serializers: ClassPaths<SerializerName> = classPaths<SerializerName>('serializer', [
  ['json', ['django_valkey.serializers.json.JSONSerializer', 'django_valkey.serializer.json.JSONSerializer']],
  [
    'msgspec-json',
    [
      'django_valkey.serializers.msgspec.MsgSpecJsonSerializer',
      'django_valkey.serializer.msgspec.MsgSpecJsonSerializer',
    ],
  ],
  [
    'msgpack',
    [
      'django_valkey.serializers.msgpack.MSGPackSerializer',
      'django_valkey.serializer.msgpack.MSGPackSerializer',
      'django_valkey.serializers.msgspec.MsgSpecMsgPackSerializer',
      'django_valkey.serializer.msgspec.MsgSpecMsgPackSerializer',
    ],
  ],
  ['pickle', ['django_valkey.serializers.pickle.PickleSerializer', 'django_valkey.serializer.pickle.PickleSerializer']],
])

export const compressors: ClassPaths<CompressorName> = classPaths<CompressorName>('compressor', [
  ['none', ['django_valkey.compressors.identity.IdentityCompressor']],
  ['brotli', ['django_valkey.compressors.brotli.BrotliCompressor']],
  ['bz2', ['django_valkey.compressors.bz2.Bz2Compressor']],
  ['gzip', ['django_valkey.compressors.gzip.GzipCompressor']],
  ['lz4', ['django_valkey.compressors.lz4.Lz4Compressor']],
  ['xz', ['django_valkey.compressors.lzma.LzmaCompressor']],
  ['zlib', ['django_valkey.compressors.zlib.ZlibCompressor']],
  ['zstd', ['django_valkey.compressors.zstd.ZStdCompressor']],
])

export const baseClients: ClassPaths<'default' | 'cluster'> = classPaths<'default' | 'cluster'>('base client', [
  [
    'default',
    [
      'valkey.Valkey',
      'valkey.StrictValkey',
      'valkey.client.Valkey',
      'valkey.client.StrictValkey',
      'valkey.asyncio.Valkey',
      'valkey.asyncio.StrictValkey',
      'valkey.asyncio.client.Valkey',
      'valkey.asyncio.client.StrictValkey',
    ],
  ],
  [
    'cluster',
    [
      'valkey.ValkeyCluster',
      'valkey.cluster.ValkeyCluster',
      'valkey.asyncio.ValkeyCluster',
      'valkey.asyncio.cluster.ValkeyCluster',
    ],
  ],
])

/**
 * What a dotted path stands for; case and module count.
 * @throws {ConfigurationError} E_CONFIG when it is unknown
 */
export function meaningOf<Meaning>({ kind, meanings }: ClassPaths<Meaning>, value: unknown, path: string): Meaning {
  const meaning = typeof value === 'string' ? meanings.get(value) : undefined
  if (meaning === undefined)
    throw new ConfigurationError(path, `${show(value)} is not a known ${kind}${hint([...meanings.keys()], value)}`)
  return meaning
}

/** The path whose class has the same name but for its case. */
function hint(known: readonly string[], value: unknown): string {
  const near = known.find((one) => className(one) === className(String(value)))
  return near === undefined ? '' : `; did you mean '${near}'?`
}

function className(dottedPath: string): string {
  return dottedPath.slice(dottedPath.lastIndexOf('.') + 1).toLowerCase()
}

function classPaths<Meaning>(
  kind: string,
  groups: readonly (readonly [Meaning, readonly string[]])[],
): ClassPaths<Meaning> {
  const pairs = groups.flatMap(([meaning, paths]) => paths.map((path) => [path, meaning] as const))
  return { kind, meanings: new Map(pairs) }
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest'
import { createCaches } from '../../src/config/create-caches.js'
import { msgspecJson } from '../../src/codec/serializers/msgspec-json.js'
import { names, type Place } from '../../src/config/django/names.js'
import { fromDjangoSettings, type DjangoClasses, type DjangoSettings } from '../../src/config/django/index.js'
import { parseLocation, splitLocations } from '../../src/config/location.js'
import type { CacheOptions } from '../../src/config/options.js'
import { ConfigurationError } from '../../src/errors.js'

type Values = Readonly<Record<string, unknown>>

const json = { SERIALIZER: 'django_valkey.serializers.json.JSONSerializer' }
const sentinelClient = { CLIENT_CLASS: 'django_valkey.client.SentinelClient' }
const sentinelFactory = 'django_valkey.pool.SentinelConnectionFactory'
const defaultFactory = 'django_valkey.pool.ConnectionFactory'

const SENTINELS = [
  ['sentinel-1', 26379],
  ['sentinel-2', 26379],
]

interface Outcome {
  readonly caches: Readonly<Record<string, CacheOptions>>
  readonly warnings: readonly string[]
}

/** Reads settings of any shape, as they come from a JSON file. */
function read(settings: unknown, classes: DjangoClasses = {}): Outcome {
  const warnings: string[] = []
  const logger = { warn: (message: string): number => warnings.push(message) }
  return { caches: fromDjangoSettings(settings as DjangoSettings, { classes, logger }), warnings }
}

/** Reads one cache whose serializer is given, so that nothing is warned of that is not meant. */
function readOne(
  cache: Values,
  globals: Values = {},
  classes: DjangoClasses = {},
): CacheOptions & Pick<Outcome, 'warnings'> {
  const { OPTIONS = {}, ...rest } = cache
  const settings = { ...globals, CACHES: { default: { ...rest, OPTIONS: { ...json, ...(OPTIONS as Values) } } } }
  const { caches, warnings } = read(settings, classes)
  return { ...caches.default, warnings }
}

function errorOf(action: () => unknown): ConfigurationError {
  try {
    action()
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('expected a ConfigurationError')
}

const LOCATION = 'valkey://127.0.0.1:6379/1'

/** What {@link LOCATION} alone comes to. */
const plain = { location: LOCATION, client: 'default', connectionFactory: 'default', serializer: 'json' }

/** What {@link sentinelCache} alone comes to. */
const sentinel = {
  location: 'valkey://mymaster/0',
  client: 'sentinel',
  connectionFactory: 'sentinel',
  sentinels: SENTINELS,
  serializer: 'json',
}

const clusterBackend = 'django_valkey.cluster_cache.cache.ClusterValkeyCache'
const clusterClient = { CLIENT_CLASS: 'django_valkey.cluster_cache.client.DefaultClusterClient' }
const clusterFactory = 'django_valkey.cluster_cache.pool.ClusterConnectionFactory'

/** What {@link clusterCache} alone comes to: Python reads primaries. */
const cluster = { ...plain, client: 'cluster', readFrom: 'primaryPreferred' }

const clusterCache = { BACKEND: clusterBackend, LOCATION }

const sentinelCache = { LOCATION: 'valkey://mymaster/0', OPTIONS: { ...sentinelClient, SENTINELS } }

/** The name with the value at its place in settings that are otherwise fine. */
function settingsWith(place: Place, values: Values): unknown {
  const cache = { LOCATION, OPTIONS: json }
  const query = Object.entries(values).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  const service = { ...sentinelCache, OPTIONS: { ...json, ...sentinelCache.OPTIONS, SENTINEL_KWARGS: values } }
  switch (place) {
    case 'settings':
      return { CACHES: { default: cache }, ...values }
    case 'CACHES':
      return { CACHES: { default: { ...cache, ...values } } }
    case 'OPTIONS':
      return { CACHES: { default: { ...cache, OPTIONS: { ...json, ...values } } } }
    case 'LOCATION query':
      return { CACHES: { default: { ...cache, LOCATION: `${LOCATION}?${query.join('&')}` } } }
    case 'SENTINEL_KWARGS':
      return { CACHES: { default: service } }
    case 'ValkeyCluster':
      return { CACHES: { default: { ...clusterCache, OPTIONS: { ...json, BASE_CLIENT_KWARGS: values } } } }
    default:
      return { CACHES: { default: { ...cache, OPTIONS: { ...json, [place]: values } } } }
  }
}

/** What settings come to that say nothing else than {@link settingsWith}. */
function baseOf(place: Place): Values {
  return place === 'SENTINEL_KWARGS' ? sentinel : place === 'ValkeyCluster' ? cluster : plain
}

function pathOf(place: Place, name: string): string {
  if (place === 'settings') return name
  if (place === 'CACHES') return `CACHES.default.${name}`
  if (place === 'LOCATION query') return `CACHES.default.LOCATION?${name}`
  if (place === 'ValkeyCluster') return `CACHES.default.OPTIONS.BASE_CLIENT_KWARGS.${name}`
  return place === 'OPTIONS' ? `CACHES.default.OPTIONS.${name}` : `CACHES.default.OPTIONS.${place}.${name}`
}

const node = ['CONNECTION_POOL_KWARGS', 'LOCATION query'] as const
const sentinels = ['SENTINEL_KWARGS'] as const
const wire = [...node, ...sentinels] as const

type Row = readonly [place: Place, name: string]

function rows<Rest extends readonly unknown[]>(
  table: readonly (readonly [places: readonly Place[], words: string, ...rest: Rest])[],
): (readonly [...Row, ...Rest])[] {
  return table.flatMap(([places, words, ...rest]) =>
    places.flatMap((place) => words.split(' ').map((name) => [place, name, ...rest] as const)),
  )
}

const mapped = rows<[value: unknown, options: Values]>([
  [['CACHES'], 'TIMEOUT timeout', 60, { ttl: 60_000 }],
  [['CACHES'], 'TIMEOUT timeout', null, { ttl: null }],
  [['CACHES'], 'TIMEOUT', 0.07, { ttl: 70 }],
  [['CACHES'], 'TIMEOUT', 0, { ttl: 0 }],
  [['CACHES'], 'TIMEOUT', '300', { ttl: 300_000 }],
  [['CACHES'], 'TIMEOUT', ' +1_000 ', { ttl: 1_000_000 }],
  [['CACHES'], 'TIMEOUT', true, { ttl: 1_000 }],
  [['CACHES'], 'TIMEOUT', -1, { ttl: -1_000 }],
  [['CACHES'], 'KEY_PREFIX', 'shop', { prefix: 'shop' }],
  [['CACHES'], 'KEY_PREFIX', '', { prefix: '' }],
  [['CACHES'], 'KEY_PREFIX', 7, { prefix: '7' }],
  [['CACHES'], 'KEY_PREFIX', true, { prefix: 'True' }],
  [['CACHES'], 'VERSION', '2', { version: 2 }],
  [['CACHES'], 'VERSION', 2, { version: 2 }],
  [['CACHES'], 'VERSION', 0, { version: 0 }],
  [['OPTIONS'], 'SOCKET_TIMEOUT', 0.25, { attemptTimeout: 250 }],
  [['OPTIONS'], 'SOCKET_CONNECT_TIMEOUT', 5, { connectTimeout: 5_000 }],
  [['OPTIONS'], 'PASSWORD', 's3cret', { password: 's3cret' }],
  [['OPTIONS'], 'PASSWORD', 12_345, { password: '12345' }],
  [['OPTIONS'], 'SOCKET_TIMEOUT', true, { attemptTimeout: 1_000 }],
  [['OPTIONS'], 'IGNORE_EXCEPTIONS', 1, { failSafe: true }],
  [['OPTIONS'], 'IGNORE_EXCEPTIONS', 'yes', { failSafe: true }],
  [['OPTIONS'], 'IGNORE_EXCEPTIONS', 0, { failSafe: false }],
  [['OPTIONS'], 'IGNORE_EXCEPTIONS', '', { failSafe: false }],
  [['OPTIONS'], 'IGNORE_EXCEPTIONS', true, { failSafe: true }],
  [['OPTIONS'], 'IGNORE_EXCEPTIONS', false, { failSafe: false }],
  [['settings'], 'DJANGO_VALKEY_IGNORE_EXCEPTIONS', true, { failSafe: true }],
  [['settings'], 'DJANGO_VALKEY_IGNORE_EXCEPTIONS', false, { failSafe: false }],
  [node, 'username', 'ada', { username: 'ada' }],
  [node, 'password', 's3cret', { password: 's3cret' }],
  [sentinels, 'username', 'ada', { sentinelOptions: { username: 'ada' } }],
  [sentinels, 'password', 's3cret', { sentinelOptions: { password: 's3cret' } }],
  [node, 'client_name', 'web-1', { clientName: 'web-1' }],
  [node, 'socket_timeout', 1.5, { attemptTimeout: 1_500 }],
  [sentinels, 'socket_timeout', 0.1, { sentinelOptions: { timeout: 100 } }],
  [node, 'socket_connect_timeout', 2, { connectTimeout: 2_000 }],
  [['CONNECTION_POOL_KWARGS'], 'db', 3, { database: 3 }],
  [['CONNECTION_POOL_KWARGS'], 'db', '3', { database: 3 }],
  [['CONNECTION_POOL_KWARGS'], 'client_name', 7, { clientName: '7' }],
  [['CONNECTION_POOL_KWARGS'], 'ssl', 1, { tls: true }],
  [node, 'ssl', true, { tls: true }],
  [sentinels, 'ssl', true, { sentinelOptions: { tls: true } }],
  [['ValkeyCluster'], 'read_from_replicas', true, { readFrom: 'any' }],
  [['ValkeyCluster'], 'socket_timeout', 1.5, { attemptTimeout: 1_500 }],
])

/** Values that agree with what the cache does, or stand for the default. */
const silent = rows<[value: unknown]>([
  [['settings'], 'DJANGO_VALKEY_CONNECTION_FACTORY', null],
  [['settings'], 'DJANGO_VALKEY_CLOSE_CONNECTION DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS', false],
  [['settings'], 'DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS', true],
  [['settings'], 'DJANGO_VALKEY_IGNORE_EXCEPTIONS DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS DJANGO_VALKEY_LOGGER', null],
  [['settings'], 'CACHE_COMPRESS_MIN_LENGTH CACHE_COMPRESS_LEVEL COMPRESS_ZLIB_WBITS CACHE_HERD_TIMEOUT', null],
  [['settings'], 'CACHE_HERD_TIMEOUT', 60],
  [['settings'], 'CACHE_COMPRESS_MIN_LENGTH CACHE_COMPRESS_LEVEL', 9],
  [['settings'], 'CACHE_COMPRESS_MIN_LENGTH', 15.5],
  [['settings'], 'CACHE_COMPRESS_MIN_LENGTH', -1],
  [['settings'], 'COMPRESS_ZLIB_WBITS', 15],
  [['settings'], 'COMPRESS_ZLIB_WBITS', 31],
  [['settings'], 'COMPRESS_LZMA_FORMAT DECOMPRESS_LZMA_FORMAT', 1],
  [['settings'], 'DECOMPRESS_LZMA_FORMAT COMPRESS_LZMA_CHECK', 0],
  [['settings'], 'COMPRESS_LZMA_CHECK', -1],
  [['settings'], 'COMPRESS_LZMA_FILTERS COMPRESS_ZSTD_DICT COMPRESS_ZSTD_OPTIONS', null],
  [['CACHES'], 'KEY_FUNCTION REVERSE_KEY_FUNCTION', null],
  [['CACHES'], 'KEY_FUNCTION', 'django.core.cache.backends.base.default_key_func'],
  [['CACHES'], 'REVERSE_KEY_FUNCTION', 'django_valkey.util.default_reverse_key'],
  [['OPTIONS'], 'SOCKET_TIMEOUT SOCKET_CONNECT_TIMEOUT PASSWORD CONNECTION_POOL_KWARGS SENTINEL_KWARGS', null],
  [['OPTIONS'], 'CLIENT_CLASS CONNECTION_FACTORY CONNECTION_POOL_CLASS SENTINELS PARSER_CLASS PARSER_CLS', null],
  [['OPTIONS'], 'CONNECTION_POOL_KWARGS BASE_CLIENT_KWARGS SENTINEL_KWARGS', {}],
  [['OPTIONS'], 'COMPRESSOR', 'django_valkey.compressors.identity.IdentityCompressor'],
  [['OPTIONS'], 'BASE_CLIENT_CLASS', 'valkey.client.Valkey'],
  [['OPTIONS'], 'COMPRESSOR IGNORE_EXCEPTIONS LOG_IGNORE_EXCEPTIONS REPLICA_READ_ONLY PICKLE_VERSION', null],
  [['OPTIONS'], 'REPLICA_READ_ONLY LOG_IGNORE_EXCEPTIONS', true],
  [['OPTIONS'], 'REPLICA_READ_ONLY LOG_IGNORE_EXCEPTIONS', 1],
  [['OPTIONS'], 'LOG_IGNORE_EXCEPTIONS CLOSE_CONNECTION', false],
  [['OPTIONS'], 'PICKLE_VERSION', 4],
  [['OPTIONS'], 'PICKLE_VERSION', '5'],
  [['CONNECTION_POOL_KWARGS'], 'db socket_connect_timeout max_connections protocol ssl_check_hostname', null],
  [['CONNECTION_POOL_KWARGS'], 'max_connections', 0],
  [node, 'max_connections', 100],
  [sentinels, 'max_connections', 100],
  [wire, 'protocol', 3],
  [node, 'ssl', false],
  [wire, 'socket_keepalive', true],
  [['CONNECTION_POOL_KWARGS'], 'retry_on_timeout cache_enabled decode_responses ssl_validate_ocsp', false],
  [['CONNECTION_POOL_KWARGS'], 'ssl', 0],
  [['CONNECTION_POOL_KWARGS'], 'ssl_certfile ssl_keyfile ssl_password credential_provider connection_pool', null],
  [['LOCATION query'], 'socket_timeout ssl_cert_reqs password protocol', ''],
  [['ValkeyCluster'], 'read_from_replicas require_full_coverage dynamic_startup_nodes', false],
  [['ValkeyCluster'], 'read_from_replicas startup_nodes', null],
])

const warned = rows<[value: unknown, reason: RegExp]>([
  [['settings'], 'DJANGO_VALKEY_LOGGER', 'some.logger', /`logger`/],
  [['settings'], 'DJANGO_VALKEY_CLOSE_CONNECTION', true, /caches\.close/],
  [['settings'], 'DJANGO_VALKEY_SCAN_ITERSIZE', 100, /`batch` of each call/],
  [
    ['settings'],
    'DJANGO_VALKEY_LOG_EXCEPTION DJANGO_VALKEY_LOG_IGNORED_EXCEPTION DJANGO_VALKEY_IGNORE_EXCEPTION',
    true,
    /not read by django-valkey either/,
  ],
  [['settings'], 'CACHE_COMPRESS_MIN_LEVEL', 15, /not read by django-valkey either/],
  [['settings'], 'COMPRESS_BROTLI_MODE COMPRESS_BROTLI_LGWIN COMPRESS_BROTLI_LGBLOCK', 1, /has the defaults/],
  [['settings'], 'COMPRESS_LZ4_BLOCK_SIZE COMPRESS_LZ4_CONTENT_CHECKSUM', 1, /has the defaults/],
  [['settings'], 'COMPRESS_LZ4_BLOCK_LINKED COMPRESS_LZ4_STORE_SIZE', 1, /has the defaults/],
  [['settings'], 'DECOMPRESS_LZMA_MEMLIMIT DECOMPRESS_ZSTD_OPTIONS', 1, /`maxDecodedBytes`/],
  [['settings'], 'CACHE_COMPRESS_LEVEL', -1, /own level/],
  [
    ['settings'],
    'DJANGO_VALKEY_CONNECTION_FACTORIES django_valkey_connection_factory',
    'x',
    /not read by django-valkey/,
  ],
  [['settings'], 'COMPRESS_ZLIB_LEVEL CACHE_HERD_TIMEOUTS', 1, /not read by django-valkey, and not here/],
  [['CACHES'], 'Timeout', 1, /not read by django-valkey, and not here; did you mean TIMEOUT\?/],
  [['CACHES'], 'OPTION TIME', 1, /not read by django-valkey, and not here/],
  [['OPTIONS'], 'client_class CLIENT UNKNOWN toString', 'x', /not read by django-valkey, and not here/],
  [['OPTIONS'], 'USERNAME', 'ada', /not read by django-valkey either; write the user in LOCATION/],
  [['OPTIONS'], 'DB db', 2, /the database stands in LOCATION/],
  [['OPTIONS'], 'MASTER_NAME SERVICE_NAME', 'mymaster', /the host of LOCATION/],
  [['OPTIONS'], 'MAX_CONNECTIONS max_connections', 50, /CONNECTION_POOL_KWARGS/],
  [wire, 'protocol', 2, /RESP3 is spoken/],
  [['CACHES'], 'max_entries cull_frequency', 300, /evict/],
  [['OPTIONS'], 'MAX_ENTRIES CULL_FREQUENCY', 300, /evict/],
  [['OPTIONS'], 'PARSER_CLASS PARSER_CLS', 'path.to.parser', /own parser/],
  [['OPTIONS'], 'PICKLE_VERSION', 3, /protocol 4 is written/],
  [['OPTIONS'], 'REPLICA_READ_ONLY', false, /go to the primary/],
  [['OPTIONS'], 'LOG_IGNORED_EXCEPTIONS', true, /it reads LOG_IGNORE_EXCEPTIONS/],
  [['OPTIONS'], 'CLOSE_CONNECTION', true, /caches\.close/],
  [['CONNECTION_POOL_KWARGS', 'SENTINEL_KWARGS'], 'socket_timeout', null, /always a deadline/],
  [wire, 'retry retry_on_error', 'x', /tried again/],
  [wire, 'retry_on_timeout', true, /tried again/],
  [wire, 'health_check_interval', 30, /deadline/],
  [wire, 'check_connection', true, /deadline/],
  [wire, 'socket_keepalive_options socket_type socket_read_size', 1, /left to Node/],
  [wire, 'lib_name lib_version', 'x', /not sent/],
  [wire, 'client_capa_redirect', true, /topology/],
  [wire, 'encoding encoding_errors charset errors encoder_class', 'utf-8', /UTF-8/],
  [wire, 'decode_responses', true, /UTF-8/],
  [wire, 'parser_class command_packer', 'x', /own encoder and parser/],
  [wire, 'timeout', 20, /multiplexed/],
  [wire, 'queue_class', 'queue.LifoQueue', /multiplexed/],
  [wire, 'single_connection_client auto_close_connection_pool', true, /caches\.close/],
  [wire, 'min_other_sentinels', 1, /newest epoch/],
  [wire, 'cache_max_size cache_ttl cache_policy cache_deny_list cache_allow_list', 1, /option `near` of the cache/],
  [sentinels, 'client_name', 'web-1', /no name/],
  [['ValkeyCluster'], 'require_full_coverage', true, /cluster-require-full-coverage/],
  [['ValkeyCluster'], 'reinitialize_steps', 5, /contradicts it/],
  [['ValkeyCluster'], 'dynamic_startup_nodes', true, /never forgotten/],
  [['ValkeyCluster'], 'cluster_error_retry_attempts', 3, /tried again/],
  [sentinels, 'socket_connect_timeout', 1, /socket_timeout/],
  [
    ['BASE_CLIENT_KWARGS'],
    Object.keys(names.BASE_CLIENT_KWARGS)
      .filter((name) => name !== 'connection_pool')
      .join(' '),
    'x',
    /not read by valkey-py either/,
  ],
])

const refused = rows<[value: unknown, reason: RegExp]>([
  [['settings'], 'DJANGO_VALKEY_IGNORE_EXCEPTIONS DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS', [], /expected true or false/],
  [['settings'], 'CACHE_COMPRESS_LEVEL', 1.5, /whole number/],
  [['settings'], 'CACHE_COMPRESS_MIN_LENGTH CACHE_COMPRESS_LEVEL', '9', /whole number/],
  [['settings'], 'CACHE_HERD_TIMEOUT', '60', /number of seconds, got '60'/],
  [['settings'], 'CACHE_HERD_TIMEOUT', -1, /more than 0 seconds/],
  [['settings'], 'COMPRESS_ZLIB_WBITS', -15, /expected 15 or 31, got -15/],
  [['settings'], 'COMPRESS_LZMA_FORMAT', 2, /expected 1, got 2/],
  [['settings'], 'COMPRESS_LZMA_CHECK', 10, /expected -1 or 0 or 1 or 4, got 10/],
  [['settings'], 'DECOMPRESS_LZMA_FORMAT', 3, /expected 1, got 3/],
  [['settings'], 'COMPRESS_LZMA_FILTERS DECOMPRESS_LZMA_FILTERS', [{}], /usual filters/],
  [['settings'], 'COMPRESS_ZSTD_DICT DECOMPRESS_ZSTD_DICT', {}, /without a dictionary/],
  [['settings'], 'COMPRESS_ZSTD_OPTIONS', {}, /django-valkey itself fails/],
  [['settings'], 'DJANGO_VALKEY_CONNECTION_FACTORY', 'path.to.it', /'path\.to\.it' is not a known connection factory/],
  [
    ['settings'],
    'DJANGO_VALKEY_CONNECTION_FACTORY',
    'django_valkey.async_cache.client.default.AsyncDefaultClient',
    /not a known connection factory/,
  ],
  [['CACHES'], 'TIMEOUT', Infinity, /number of seconds/],
  [['CACHES'], 'KEY_PREFIX', [], /expected a text, got an array/],
  [['CACHES'], 'VERSION', 'v2', /whole number from 0/],
  [['CACHES'], 'VERSION', '02', /whole number from 0/],
  [['CACHES'], 'VERSION', null, /whole number from 0/],
  [['CACHES'], 'VERSION', -1, /whole number from 0/],
  [['CACHES'], 'VERSION', 1.5, /whole number from 0/],
  [['CACHES'], 'KEY_FUNCTION REVERSE_KEY_FUNCTION', 'path.to.function', /there is no 'path\.to\.function' in classes/],
  [['CACHES'], 'KEY_FUNCTION REVERSE_KEY_FUNCTION', 7, /there is no 7 in classes/],
  [['CACHES'], 'BACKEND', 'django_valkey.cache.valkeycache', /did you mean 'django_valkey\.cache\.ValkeyCache'/],
  [['CACHES'], 'BACKEND', 'django-valkey.cache.ValkeyCache', /did you mean 'django_valkey\.cache\.ValkeyCache'/],
  [['CACHES'], 'BACKEND', 'django_valkey.caches.Redis', /not a known backend/],
  [['CACHES'], 'BACKEND', null, /expected a text/],
  [['CACHES'], 'OPTIONS', 'x', /expected an object, got a text/],
  [['CACHES'], 'OPTIONS', [], /expected an object, got an array/],
  [['CACHES'], 'LOCATION', '', /Missing connections string/],
  [['CACHES'], 'LOCATION', null, /Missing connections string/],
  [['CACHES'], 'LOCATION', undefined, /Missing connections string/],
  [['CACHES'], 'LOCATION', [], /Missing connections string/],
  [['CACHES'], 'LOCATION', 7, /expected a text or an array/],
  [['CACHES'], 'LOCATION', 'memory://', /not for Django/],
  [['CACHES'], 'LOCATION', 'http://h', /expected valkey:\/\//],
  [['CACHES'], 'LOCATION', 'unix://tmp/s', /expected unix:/],
  [
    ['OPTIONS'],
    'CLIENT_CLASS',
    'django_valkey.client.sentinelClient',
    /did you mean 'django_valkey\.client\.SentinelClient'/,
  ],
  [
    ['OPTIONS'],
    'CLIENT_CLASS',
    'django_valkey.clients.DefaultClient',
    /did you mean 'django_valkey\.client\.DefaultClient'/,
  ],
  [['OPTIONS'], 'CLIENT_CLASS', 'path.to.it', /not a known client class/],
  [['OPTIONS'], 'CLIENT_CLASS', {}, /not a known client class/],
  [['OPTIONS'], 'CONNECTION_FACTORY', 'path.to.it', /not a known connection factory/],
  [['OPTIONS'], 'CONNECTION_POOL_CLASS', 'path.to.mypool', /not a known connection pool/],
  [['OPTIONS'], 'CONNECTION_POOL_CLASS', 'valkey.sentinel.SentinelConnectionPool', /is for Sentinel/],
  [['OPTIONS'], 'CONNECTION_POOL_KWARGS BASE_CLIENT_KWARGS SENTINEL_KWARGS', 'x', /expected an object/],
  [['OPTIONS'], 'CONNECTION_POOL_KWARGS BASE_CLIENT_KWARGS SENTINEL_KWARGS', [['a', 1]], /expected an object/],
  [['OPTIONS'], 'SENTINELS', 7, /expected at least one sentinel/],
  [['OPTIONS'], 'SERIALIZER', 'path.to.it', /not a known serializer/],
  [['OPTIONS'], 'SERIALIZER', 'django_valkey.serializers.pickle.pickleserializer', /did you mean .*PickleSerializer'/],
  [['OPTIONS'], 'COMPRESSOR', 'path.to.it', /not a known compressor/],
  [['OPTIONS'], 'BASE_CLIENT_CLASS', 'path.to.client', /not a known base client/],
  [['OPTIONS'], 'BASE_CLIENT_CLASS', 'valkey.cluster.ValkeyCluster', /is for a cluster; BACKEND is not/],
  [['OPTIONS'], 'SOCKET_TIMEOUT SOCKET_CONNECT_TIMEOUT', '5', /number of seconds, got '5'/],
  [['OPTIONS'], 'SOCKET_TIMEOUT SOCKET_CONNECT_TIMEOUT', -1, /more than 0/],
  [['OPTIONS'], 'PASSWORD', ['s3cret'], /expected a text or a function/],
  [['OPTIONS'], 'CREDENTIAL_PROVIDER CREDENTIAL_PROVIDER_KWARGS', 'x', /PASSWORD a function/],
  [['OPTIONS'], 'REPLICA_READ_ONLY IGNORE_EXCEPTIONS LOG_IGNORE_EXCEPTIONS', {}, /expected true or false/],
  [['OPTIONS'], 'PICKLE_VERSION', 'four', /whole number/],
  [['OPTIONS'], 'PICKLE_VERSION', 6, /protocols 0 to 5/],
  [wire, 'credential_provider', 'x', /give password a function/],
  [wire, 'protocol', 4, /expected 3/],
  [wire, 'socket_timeout', -1, /more than 0/],
  [['CONNECTION_POOL_KWARGS', 'SENTINEL_KWARGS'], 'socket_timeout', 0, /more than 0/],
  [['CONNECTION_POOL_KWARGS'], 'db max_connections', 1.5, /whole number/],
  [['CONNECTION_POOL_KWARGS'], 'username password', ['x'], /expected a text or a function/],
  [wire, 'ssl_ca_path', '/etc/ssl', /ssl_ca_certs/],
  [wire, 'ssl_certfile ssl_keyfile', '/no/such/file.pem', /cannot read the file '\/no\/such\/file\.pem'/],
  [wire, 'ssl_ca_certs ssl_certfile ssl_keyfile', '-----BEGIN X-----', /path of a PEM file, and got its contents/],
  [['CONNECTION_POOL_KWARGS', 'SENTINEL_KWARGS'], 'ssl_password', 7, /expected a text$/],
  [wire, 'ssl_validate_ocsp ssl_validate_ocsp_stapled ssl_ocsp_context ssl_ocsp_expected_cert', 'x', /OCSP/],
  [wire, 'cache_enabled client_cache', true, /set `near: true` there/],
  [wire, 'host port service_name', 'x', /LOCATION and SENTINELS/],
  [wire, 'path unix_socket_path', '/tmp/s', /LOCATION names the socket/],
  [wire, 'connection_class connection_pool sentinel_manager valkey_connect_func', 'x', /ConnectionFactory of your own/],
  [['CONNECTION_POOL_KWARGS', 'SENTINEL_KWARGS'], 'is_master', true, /\?is_master=/],
  [sentinels, 'db', 1, /no databases/],
  [['ValkeyCluster'], 'startup_nodes url', 'valkey://a', /LOCATION names the nodes/],
  [['ValkeyCluster'], 'address_remap', {}, /`addressMap`/],
  [['ValkeyCluster'], 'read_from_replica', true, /unknown name/],
  [['BASE_CLIENT_KWARGS'], 'connection_pool', 'x', /belongs to the connection factory/],
  [[...wire, 'BASE_CLIENT_KWARGS'], 'max_connection', 1, /unknown name; did you mean max_connections\?/],
  [[...wire, 'BASE_CLIENT_KWARGS'], 'constructor', 1, /unknown name$/],
  [
    ['LOCATION query'],
    'socket_timeout health_check_interval protocol max_connections',
    'soon',
    /expected a number, got 'soon'/,
  ],
  [['LOCATION query'], 'socket_keepalive ssl ssl_check_hostname', 'maybe', /expected 0 or 1/],
  [['LOCATION query'], 'is_master', 'maybe', /expected 0 or 1/],
  [['LOCATION query'], 'role', 'slave', /expected primary or replica/],
  [['LOCATION query'], 'db', 'one', /whole number/],
])

describe('a name that has a counterpart', () => {
  test.each(mapped)('%s: %s %j', (place, name, value, options) => {
    const { caches, warnings } = read(settingsWith(place, { [name]: value }))
    expect(caches.default).toStrictEqual({ ...baseOf(place), ...options })
    expect(warnings).toStrictEqual([])
  })
})

describe('a value that changes nothing', () => {
  test.each(silent)('%s: %s %j', (place, name, value) => {
    const { caches, warnings } = read(settingsWith(place, { [name]: value }))
    expect(caches.default).toStrictEqual(baseOf(place))
    expect(warnings).toStrictEqual([])
  })
})

describe('a name without a counterpart is a warning', () => {
  test.each(warned)('%s: %s %j', (place, name, value, reason) => {
    const { caches, warnings } = read(settingsWith(place, { [name]: value }))
    expect(caches.default).toStrictEqual(baseOf(place))
    expect(warnings).toStrictEqual([expect.stringMatching(reason)])
    expect(warnings[0]?.startsWith(`${pathOf(place, name)}: `)).toBe(true)
  })
})

describe('what cannot be is an error', () => {
  test.each(refused)('%s: %s %j', (place, name, value, reason) => {
    const error = errorOf(() => read(settingsWith(place, { [name]: value })))
    expect(error.path).toBe(pathOf(place, name))
    expect(error.message).toMatch(reason)
  })
})

describe('what Python takes, though it may not be meant', () => {
  test.each<[name: string, value: unknown, options: Values, warning: RegExp]>([
    ['TIMEOUT', '0.5', { ttl: 300_000 }, /Django takes 300 seconds/],
    ['TIMEOUT', 'soon', { ttl: 300_000 }, /Django takes 300 seconds/],
    ['TIMEOUT', NaN, { ttl: 300_000 }, /Django takes 300 seconds/],
    ['TIMEOUT', [60], { ttl: 300_000 }, /Django takes 300 seconds/],
    ['KEY_PREFIX', null, { prefix: 'None' }, /'None' stands before every key/],
    [
      'OPTIONS',
      { ...json, IGNORE_EXCEPTIONS: 'False' },
      { failSafe: true },
      /'False' is a text, which is true in Python/,
    ],
  ])('%s %j', (name, value, options, warning) => {
    const { warnings, ...read } = readOne({ LOCATION, [name]: value })
    expect(read).toStrictEqual({ ...plain, ...options })
    expect(warnings).toStrictEqual([expect.stringMatching(warning)])
  })
})

/** Names that are read together with others; each has its tests below. */
const together = rows<[]>([
  [['settings'], 'CACHES DJANGO_VALKEY_CONNECTION_FACTORY'],
  [['CACHES'], 'KEY_FUNCTION REVERSE_KEY_FUNCTION'],
  [['CACHES'], 'BACKEND LOCATION OPTIONS'],
  [['OPTIONS'], 'CLIENT_CLASS CONNECTION_FACTORY CONNECTION_POOL_CLASS CONNECTION_POOL_KWARGS'],
  [['OPTIONS'], 'SENTINELS SENTINEL_KWARGS SERIALIZER'],
  [['LOCATION query'], 'db is_master role'],
  [wire, 'ssl_cert_reqs ssl_check_hostname ssl_ca_certs ssl_ca_data ssl_min_version ssl_ciphers'],
  [wire, 'ssl_certfile ssl_keyfile ssl_password'],
])

test('every name of the table is tested, and no other', () => {
  const tested = [...mapped, ...silent, ...warned, ...refused, ...together]
    .filter(([place, name]) => Object.hasOwn(names[place], name))
    .map(([place, name]) => `${place}: ${name}`)
  const known = Object.entries(names).flatMap(([place, readers]) =>
    Object.keys(readers).map((name) => `${place}: ${name}`),
  )
  expect(new Set(tested)).toStrictEqual(new Set(known))
})

describe("the examples of django-valkey's documentation", () => {
  const three = [
    ['sentinel-1', 26379],
    ['sentinel-2', 26379],
    ['sentinel-3', 26379],
  ]
  const global = { DJANGO_VALKEY_CONNECTION_FACTORY: sentinelFactory }
  const noNumber = (location: string, path = 'CACHES.default.LOCATION'): string =>
    `${path}: the path 'db' is not a number; database 0 is used${location}`

  test('a SentinelClient cache with every option', () => {
    const OPTIONS = {
      CLIENT_CLASS: 'django_valkey.client.SentinelClient',
      CONNECTION_FACTORY: sentinelFactory,
      CONNECTION_POOL_CLASS: 'valkey.sentinel.SentinelConnectionPool',
      CONNECTION_POOL_KWARGS: { max_connections: 100, socket_timeout: 0.5, username: 'ada', password: 's3cret' },
      SENTINELS: three,
      SENTINEL_KWARGS: { username: 'watch', password: 'w4tch', socket_timeout: 0.1 },
    }
    const cache = { BACKEND: 'django_valkey.cache.ValkeyCache', LOCATION: 'valkey://service_name/db', OPTIONS }
    expect(readOne(cache, global)).toStrictEqual({
      location: 'valkey://service_name/0',
      client: 'sentinel',
      connectionFactory: 'sentinel',
      sentinels: three,
      sentinelOptions: { username: 'watch', password: 'w4tch', timeout: 100 },
      username: 'ada',
      password: 's3cret',
      attemptTimeout: 500,
      serializer: 'json',
      warnings: [noNumber('')],
    })
  })

  test('a minimal SentinelClient cache', () => {
    const cache = { LOCATION: 'valkey://service_name/db', OPTIONS: { ...sentinelClient, SENTINELS: three } }
    const expected = { ...sentinel, location: 'valkey://service_name/0', sentinels: three, warnings: [noNumber('')] }
    expect(readOne(cache)).toStrictEqual(expected)
    expect(readOne(cache, global)).toStrictEqual(expected)
    expect(readOne({ ...cache, OPTIONS: { ...cache.OPTIONS, SENTINEL_KWARGS: {} } })).toStrictEqual(expected)
    expect(readOne({ ...cache, OPTIONS: { ...cache.OPTIONS, SENTINEL_KWARGS: null } })).toStrictEqual(expected)
  })

  test('a DefaultClient cache with a primary and a replica location', () => {
    const LOCATION = ['valkey://service_name/db?is_master=1', 'valkey://service_name/db?is_master=0']
    const expected = {
      location: ['valkey://service_name/0?is_master=1', 'valkey://service_name/0?is_master=0'],
      client: 'default',
      connectionFactory: 'sentinel',
      sentinels: three,
      serializer: 'json',
      warnings: [noNumber('', 'CACHES.default.LOCATION[0]'), noNumber('', 'CACHES.default.LOCATION[1]')],
    }
    expect(readOne({ LOCATION, OPTIONS: { SENTINELS: three } }, global)).toStrictEqual(expected)
    expect(readOne({ LOCATION: LOCATION.join(','), OPTIONS: { SENTINELS: three } }, global)).toStrictEqual(expected)
  })

  test('a read-only cache', () => {
    const cache = { LOCATION: 'valkey://service_name/db?is_master=0', OPTIONS: { SENTINELS: three } }
    expect(readOne(cache, global)).toStrictEqual({
      location: 'valkey://service_name/0?is_master=0',
      client: 'default',
      connectionFactory: 'sentinel',
      sentinels: three,
      serializer: 'json',
      warnings: [noNumber('')],
    })
  })

  test.each<[name: string, globals: Values, own: Values]>([
    ['its own factory under the shared one', global, { CONNECTION_FACTORY: defaultFactory }],
    ['no factory under the shared one', global, {}],
    ['no shared factory', {}, { CLIENT_CLASS: 'django_valkey.client.DefaultClient' }],
  ])('Sentinel and plain caches side by side: %s', (_, globals, own) => {
    const service = { ...sentinelClient, SENTINELS: three, CONNECTION_FACTORY: sentinelFactory, ...json }
    const CACHES = {
      sentinel: { LOCATION: 'valkey://service_name/0', OPTIONS: service },
      plain: { BACKEND: 'django_valkey.cache.ValkeyCache', LOCATION, OPTIONS: { ...json, ...own } },
    }
    expect(read({ ...globals, CACHES })).toStrictEqual({
      caches: { sentinel: { ...sentinel, location: 'valkey://service_name/0', sentinels: three }, plain },
      warnings: [],
    })
  })
})

describe('a cluster', () => {
  const nodes = ['valkey://a:7000/0', 'valkey://b:7001/0']

  test.each<[how: string, cache: Values]>([
    ['ClusterValkeyCache', { BACKEND: clusterBackend }],
    ['DefaultClusterClient', { OPTIONS: clusterClient }],
    ['ClusterConnectionFactory', { OPTIONS: { CONNECTION_FACTORY: clusterFactory } }],
    ['all of them', { BACKEND: clusterBackend, OPTIONS: { ...clusterClient, CONNECTION_FACTORY: clusterFactory } }],
    [
      'its client, whose class may be named',
      { BACKEND: clusterBackend, OPTIONS: { BASE_CLIENT_CLASS: 'valkey.cluster.ValkeyCluster' } },
    ],
  ])('is asked for by %s', (_, cache) => {
    const { warnings, ...options } = readOne({ LOCATION: nodes, ...cache })
    expect(options).toStrictEqual({ ...cluster, location: nodes })
    expect(warnings).toStrictEqual([])
    expect(() => createCaches({ default: options })).not.toThrow()
  })

  test('is not reached by a shared Sentinel factory, whether its nodes have ports or not', () => {
    const globals = { DJANGO_VALKEY_CONNECTION_FACTORY: sentinelFactory }
    for (const location of nodes.concat('valkey://a/0')) {
      const { warnings, ...options } = readOne({ ...clusterCache, LOCATION: location }, globals)
      expect([options, warnings]).toStrictEqual([{ ...cluster, location }, []])
    }
  })

  test('has arguments of ValkeyCluster beside those of connections, in either place; BASE_CLIENT_KWARGS win', () => {
    const OPTIONS = {
      CONNECTION_POOL_KWARGS: { read_from_replicas: true, username: 'pool', password: 's3cret', max_connections: 9 },
      BASE_CLIENT_KWARGS: { username: 'ada' },
    }
    expect(readOne({ ...clusterCache, OPTIONS })).toStrictEqual({
      ...cluster,
      readFrom: 'any',
      username: 'ada',
      password: 's3cret',
      warnings: [],
    })
  })

  test('decides the roles of its nodes: is_master is a warning', () => {
    expect(readOne({ ...clusterCache, LOCATION: `${LOCATION}?is_master=0` })).toStrictEqual({
      ...cluster,
      warnings: ['CACHES.default.LOCATION: the cluster client uses both roles; is_master is left out'],
    })
  })

  test.each<[cache: Values, at: string, problem: RegExp]>([
    [{ OPTIONS: { SENTINELS } }, 'OPTIONS.SENTINELS', /CACHES\.default\.BACKEND asks for/],
    [
      { BACKEND: undefined, OPTIONS: { ...clusterClient, SENTINELS } },
      'OPTIONS.SENTINELS',
      /OPTIONS\.CLIENT_CLASS asks/,
    ],
    [{ OPTIONS: { CONNECTION_FACTORY: sentinelFactory } }, 'OPTIONS.CONNECTION_FACTORY', /is not for a cluster/],
    [{ OPTIONS: { CONNECTION_FACTORY: defaultFactory } }, 'OPTIONS.CONNECTION_FACTORY', /is not for a cluster/],
    [
      { OPTIONS: { ...sentinelClient, CONNECTION_FACTORY: clusterFactory } },
      'OPTIONS.CONNECTION_FACTORY',
      /for Sentinel/,
    ],
    [
      { OPTIONS: { CONNECTION_POOL_CLASS: 'valkey.sentinel.SentinelConnectionPool' } },
      'OPTIONS.CONNECTION_POOL_CLASS',
      /is for Sentinel/,
    ],
    [{ OPTIONS: { BASE_CLIENT_CLASS: 'valkey.Valkey' } }, 'OPTIONS.BASE_CLIENT_CLASS', /is not for a cluster/],
    [{ LOCATION: 'unix:///run/v.sock' }, 'LOCATION', /not by a socket/],
  ])('refuses what does not fit: %j', (cache, at, problem) => {
    const error = errorOf(() => readOne({ ...clusterCache, ...cache }))
    expect(error.path).toBe(`CACHES.default.${at}`)
    expect(error.message).toMatch(problem)
  })
})

describe('BACKEND', () => {
  test.each([undefined, 'django_valkey.cache.ValkeyCache', 'django_valkey.async_cache.cache.AsyncValkeyCache'])(
    '%s is read',
    (BACKEND) => {
      expect(readOne({ BACKEND, LOCATION })).toStrictEqual({ ...plain, warnings: [] })
    },
  )

  test('a foreign one is skipped with a warning, whatever else stands there', () => {
    const CACHES = {
      default: { LOCATION, OPTIONS: json },
      other: { BACKEND: 'django.core.cache.backends.locmem.LocMemCache', LOCATION: 'snowflake', MADE_UP: 1 },
    }
    const { caches, warnings } = read({ CACHES })
    expect(Object.keys(caches)).toStrictEqual(['default'])
    expect(warnings).toStrictEqual([expect.stringMatching(/^CACHES\.other\.BACKEND: .*LocMemCache.* is skipped$/)])
  })
})

describe('SERIALIZER', () => {
  test.each([
    ['django_valkey.serializers.json.JSONSerializer', 'json'],
    ['django_valkey.serializer.json.JSONSerializer', 'json'],
    ['django_valkey.serializers.msgspec.MsgSpecJsonSerializer', msgspecJson()],
    ['django_valkey.serializer.msgspec.MsgSpecJsonSerializer', msgspecJson()],
    ['django_valkey.serializers.msgpack.MSGPackSerializer', 'msgpack'],
    ['django_valkey.serializer.msgpack.MSGPackSerializer', 'msgpack'],
    ['django_valkey.serializers.msgspec.MsgSpecMsgPackSerializer', 'msgpack'],
    ['django_valkey.serializer.msgspec.MsgSpecMsgPackSerializer', 'msgpack'],
    ['django_valkey.serializers.pickle.PickleSerializer', 'pickle'],
    ['django_valkey.serializer.pickle.PickleSerializer', 'pickle'],
  ])('%s is %s', (SERIALIZER, serializer) => {
    const protocol = serializer === 'pickle' ? { pickleProtocol: 4 } : {}
    const OPTIONS = { SERIALIZER, PICKLE_VERSION: 4 }
    expect(readOne({ LOCATION, OPTIONS })).toStrictEqual({ ...plain, serializer, ...protocol, warnings: [] })
  })

  test.each([undefined, null, ''])('%j is pickle, as in Django', (SERIALIZER) => {
    const OPTIONS = { SERIALIZER, PICKLE_VERSION: 4 }
    expect(readOne({ LOCATION, OPTIONS }).serializer).toBe('pickle')
  })
})

describe('PICKLE_VERSION', () => {
  const pickle = (PICKLE_VERSION?: unknown): CacheOptions & Pick<Outcome, 'warnings'> =>
    readOne({ LOCATION, OPTIONS: { SERIALIZER: null, PICKLE_VERSION } })

  test.each([
    [4, 4],
    [5, 5],
    ['5', 5],
    [-1, 5],
  ])('%j is protocol %d', (version, pickleProtocol) => {
    expect(pickle(version)).toMatchObject({ pickleProtocol, warnings: [] })
  })

  test.each([0, 3])('%d is not written here: a warning says that members are not found', (version) => {
    const { pickleProtocol, warnings } = pickle(version)
    expect(pickleProtocol).toBe(4)
    expect(warnings).toStrictEqual([expect.stringMatching(/OPTIONS\.PICKLE_VERSION: .*members of sets.*not found/)])
  })

  test.each([undefined, null])('%j is a warning that names members and the option', (version) => {
    const { warnings, ...options } = pickle(version)
    expect(options).not.toHaveProperty('pickleProtocol')
    expect(warnings).toStrictEqual([expect.stringMatching(/OPTIONS\.PICKLE_VERSION: .*members.*pickleProtocol/)])
  })
})

describe('COMPRESSOR', () => {
  const path = (name: string): string => `django_valkey.compressors.${name}`

  test.each([
    ['brotli.BrotliCompressor', 'brotli'],
    ['gzip.GzipCompressor', 'gzip'],
    ['lz4.Lz4Compressor', 'lz4'],
    ['zlib.ZlibCompressor', 'zlib'],
    ['zstd.ZStdCompressor', 'zstd'],
  ])('%s is %s', (name, compressor) => {
    const read = readOne({ LOCATION, OPTIONS: { COMPRESSOR: path(name) } })
    expect(read).toStrictEqual({ ...plain, compressor, warnings: [] })
  })

  test.each([
    ['bz2.Bz2Compressor', 'bz2'],
    ['lzma.LzmaCompressor', 'xz'],
  ])('%s is read, and not written', (name, decoder) => {
    const { warnings, ...options } = readOne({ LOCATION, OPTIONS: { COMPRESSOR: path(name) } })
    expect(options).toStrictEqual({ ...plain, decoders: [decoder] })
    expect(warnings).toStrictEqual([
      `CACHES.default.OPTIONS.COMPRESSOR: '${decoder}' is read here; what is written is not compressed, and Python reads that too`,
    ])
  })

  test('a level is not for what has none here', () => {
    const globals = { CACHE_COMPRESS_MIN_LENGTH: 99, CACHE_COMPRESS_LEVEL: 9 }
    const { warnings, ...options } = readOne({ LOCATION, OPTIONS: { COMPRESSOR: path('lz4.Lz4Compressor') } }, globals)
    expect(options).toStrictEqual({ ...plain, compressor: 'lz4', compressMinLength: 99 })
    expect(warnings).toStrictEqual([expect.stringMatching(/COMPRESSOR: has no levels here; CACHE_COMPRESS_LEVEL/)])
  })

  test('what the settings module says of compression is for every cache that compresses', () => {
    const COMPRESSOR = path('zlib.ZlibCompressor')
    const CACHES = {
      plain: { LOCATION, OPTIONS: json },
      zlib: { LOCATION, OPTIONS: { ...json, COMPRESSOR } },
      brotli: { LOCATION, OPTIONS: { ...json, COMPRESSOR: path('brotli.BrotliCompressor') } },
    }
    const globals = { CACHE_COMPRESS_MIN_LENGTH: 1_024, CACHE_COMPRESS_LEVEL: 9, COMPRESS_ZLIB_WBITS: 31 }
    const compression = { compressMinLength: 1_024, compressLevel: 9 }
    expect(read({ ...globals, CACHES })).toStrictEqual({
      caches: {
        plain,
        zlib: { ...plain, compressor: 'gzip', ...compression },
        brotli: { ...plain, compressor: 'brotli', ...compression },
      },
      warnings: [],
    })
  })

  test('a minimum length of 0 compresses everything, and a level of 0 is the usual one', () => {
    const globals = { CACHE_COMPRESS_MIN_LENGTH: 0, CACHE_COMPRESS_LEVEL: 0 }
    const read = readOne({ LOCATION, OPTIONS: { COMPRESSOR: path('zlib.ZlibCompressor') } }, globals)
    expect(read).toStrictEqual({ ...plain, compressor: 'zlib', compressMinLength: 0, warnings: [] })
  })
})

describe('IGNORE_EXCEPTIONS', () => {
  const globals = { DJANGO_VALKEY_IGNORE_EXCEPTIONS: true }

  test("a cache's own wins over that of the settings module", () => {
    expect(readOne({ LOCATION }, globals).failSafe).toBe(true)
    expect(readOne({ LOCATION, OPTIONS: { IGNORE_EXCEPTIONS: false } }, globals).failSafe).toBe(false)
    expect(readOne({ LOCATION, OPTIONS: { IGNORE_EXCEPTIONS: null } }, globals).failSafe).toBe(true)
  })

  test.each<[globals: Values, own: Values, at: string | undefined]>([
    [{ ...globals, DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS: false }, {}, 'DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS'],
    [globals, { LOG_IGNORE_EXCEPTIONS: false }, 'CACHES.default.OPTIONS.LOG_IGNORE_EXCEPTIONS'],
    [{ ...globals, DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS: false }, { LOG_IGNORE_EXCEPTIONS: true }, undefined],
    [{ ...globals, DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS: true }, {}, undefined],
    [globals, {}, undefined],
  ])('%j with %j: a wish to hear nothing is a warning (%s)', (settings, OPTIONS, at) => {
    const { failSafe, warnings } = readOne({ LOCATION, OPTIONS }, settings)
    expect(failSafe).toBe(true)
    const texts = at === undefined ? [] : [expect.stringMatching(/reported all the same/)]
    expect(warnings).toStrictEqual(texts)
    if (at !== undefined) expect(warnings[0]?.startsWith(`${at}: `)).toBe(true)
  })
})

describe('CLIENT_CLASS', () => {
  test.each([
    'django_valkey.client.DefaultClient',
    'django_valkey.client.default.DefaultClient',
    'django_valkey.client.HashClient',
    'django_valkey.client.default.HashClient',
    'django_valkey.async_cache.client.AsyncDefaultClient',
    'django_valkey.async_cache.client.default.AsyncDefaultClient',
    'django_valkey.async_cache.client.AsyncHashClient',
    'django_valkey.async_cache.client.default.AsyncHashClient',
  ])("%s is 'default'", (CLIENT_CLASS) => {
    expect(readOne({ LOCATION, OPTIONS: { CLIENT_CLASS } })).toStrictEqual({ ...plain, warnings: [] })
  })

  test.each([
    'django_valkey.client.SentinelClient',
    'django_valkey.client.sentinel.SentinelClient',
    'django_valkey.async_cache.client.AsyncSentinelClient',
    'django_valkey.async_cache.client.sentinel.AsyncSentinelClient',
  ])("%s is 'sentinel'", (CLIENT_CLASS) => {
    const cache = { ...sentinelCache, OPTIONS: { CLIENT_CLASS, SENTINELS } }
    expect(readOne(cache)).toStrictEqual({ ...sentinel, warnings: [] })
  })

  describe('HerdClient', () => {
    const CLIENT_CLASS = 'django_valkey.client.HerdClient'
    const pickle = { SERIALIZER: undefined, PICKLE_VERSION: 4 }
    const herd = { ...plain, serializer: 'pickle', pickleProtocol: 4, herd: true }

    test.each([
      CLIENT_CLASS,
      'django_valkey.client.herd.HerdClient',
      'django_valkey.async_cache.client.AsyncHerdClient',
      'django_valkey.async_cache.client.herd.AsyncHerdClient',
    ])('%s is the default client of a herd cache', (name) => {
      const cache = { LOCATION, OPTIONS: { ...pickle, CLIENT_CLASS: name } }
      expect(readOne(cache)).toStrictEqual({ ...herd, warnings: [] })
    })

    test.each([
      [7, 7_000],
      [0.5, 500],
      [0, 0],
    ])('has CACHE_HERD_TIMEOUT %s in ms, and no other client has it', (CACHE_HERD_TIMEOUT, herdTimeout) => {
      const cache = { LOCATION, OPTIONS: { ...pickle, CLIENT_CLASS } }
      expect(readOne(cache, { CACHE_HERD_TIMEOUT })).toStrictEqual({ ...herd, herdTimeout, warnings: [] })
      expect(readOne({ LOCATION }, { CACHE_HERD_TIMEOUT })).toStrictEqual({ ...plain, warnings: [] })
    })

    test('under Sentinel is the connection factory’s choice, as of the default client', () => {
      const OPTIONS = { ...pickle, CLIENT_CLASS, SENTINELS, CONNECTION_FACTORY: sentinelFactory }
      expect(readOne({ LOCATION: 'valkey://mymaster/0', OPTIONS })).toStrictEqual({
        ...sentinel,
        ...herd,
        location: 'valkey://mymaster/0',
        connectionFactory: 'sentinel',
        warnings: [],
      })
    })

    test('with another serializer than pickle, as it never worked in Python, is a warning, and frames', () => {
      const { warnings, ...options } = readOne({ LOCATION, OPTIONS: { CLIENT_CLASS } })
      expect(options).toStrictEqual({ ...plain, herd: true })
      expect(warnings).toStrictEqual([expect.stringMatching(/^CACHES\.default\.OPTIONS\.SERIALIZER: .*framed/)])
      expect(() => createCaches({ a: options })).not.toThrow()
    })

    test('with a serializer of your own leaves Django’s format out', () => {
      const SERIALIZER = 'path.to.serializer'
      const own = { name: 'own', serialize: String, deserialize: String }
      const { format } = readOne({ LOCATION, OPTIONS: { CLIENT_CLASS, SERIALIZER } }, {}, { [SERIALIZER]: own })
      expect(format).toBeUndefined()
    })
  })

  describe('ShardClient', () => {
    const CLIENT_CLASS = 'django_valkey.client.ShardClient'
    const texts = ['redis://:p%61ss@a:6379?db=1', 'valkey://b:6380/01', 'unix:///run/c,d.sock']
    const shard = { ...plain, client: 'shard', location: texts }

    test.each([CLIENT_CLASS, 'django_valkey.client.sharded.ShardClient'])('%s has a list to the letter', (name) => {
      expect(readOne({ LOCATION: texts, OPTIONS: { CLIENT_CLASS: name } })).toStrictEqual({ ...shard, warnings: [] })
    })

    test.each([
      ['valkey://a:6379/0,valkey://b:6379/0', ['valkey://a:6379/0', 'valkey://b:6379/0']],
      ['valkey://a:6379/0', ['valkey://a:6379/0']],
    ])('%s is a list', (LOCATION, location) => {
      expect(readOne({ LOCATION, OPTIONS: { CLIENT_CLASS } })).toStrictEqual({ ...shard, location, warnings: [] })
    })

    test('has services as shards where SENTINELS are given, and reads primaries as in Python', () => {
      const services = ['valkey://s1/0', 'valkey://s2/0']
      expect(readOne({ LOCATION: services, OPTIONS: { CLIENT_CLASS, SENTINELS } })).toStrictEqual({
        ...shard,
        location: services,
        connectionFactory: 'sentinel',
        sentinels: SENTINELS,
        readFrom: 'primaryPreferred',
        warnings: [],
      })
    })

    test.each([
      ['valkey://a:1/0?socket_timeout=5', {}, /write socket_timeout in CONNECTION_POOL_KWARGS, on both sides$/],
      ['valkey://a:1/0 ', {}, /blanks/],
      ['valkey://a:1/db', {}, /the database as a number/],
      ['valkey://a:1/0?is_master=1', {}, /leave is_master and role out/],
      ['valkey://:1/0', {}, /name the host/],
      ['valkey://s1:26379/0', { SENTINELS }, /name the service alone/],
      ['unix:///run/s.sock', { SENTINELS }, /name the service alone/],
      ['valkey:///0', { SENTINELS }, /name the service/],
    ])('cannot have %j with %j, for its text counts', (text, options, problem) => {
      const LOCATION = [text]
      const error = errorOf(() => readOne({ LOCATION, OPTIONS: { CLIENT_CLASS, ...options } }))
      expect(error.path).toBe('CACHES.default.LOCATION[0]')
      expect(error.message).toMatch(problem)
    })

    test('with a factory for clusters is an error', () => {
      const OPTIONS = { CLIENT_CLASS, CONNECTION_FACTORY: clusterFactory }
      const error = errorOf(() => readOne({ LOCATION, OPTIONS }))
      expect(error.path).toBe('CACHES.default.OPTIONS.CONNECTION_FACTORY')
      expect(error.message).toMatch(/is for a cluster, and CACHES\.default\.OPTIONS\.CLIENT_CLASS is for shards/)
    })
  })

  test.each<[location: string | readonly string[], written: string | readonly string[]]>([
    [['valkey://mymaster?db=1'], 'valkey://mymaster/1'],
    [['valkey://mymaster/1?is_master=0'], 'valkey://mymaster/1?is_master=0'],
    [['valkey://mymaster/1', 'valkey://mymaster/1?is_master=0'], ['valkey://mymaster/1', 'valkey://mymaster/1?is_master=0']], // prettier-ignore
    ['valkey://mymaster/1,valkey://mymaster/1?is_master=0', ['valkey://mymaster/1', 'valkey://mymaster/1?is_master=0']],
  ])('SentinelClient takes a list as it is: %j', (location, written) => {
    const cache = { LOCATION: location, OPTIONS: { ...sentinelClient, SENTINELS } }
    expect(readOne(cache)).toStrictEqual({ ...sentinel, client: 'default', location: written, warnings: [] })
  })

  test('SentinelClient with one URL uses both roles, whatever is_master says', () => {
    const cache = { ...sentinelCache, LOCATION: 'valkey://mymaster/0?is_master=0' }
    expect(readOne(cache)).toStrictEqual({
      ...sentinel,
      warnings: [expect.stringMatching(/^CACHES\.default\.LOCATION: .*is_master is left out$/)],
    })
  })

  test('DefaultClient with one service and no is_master is the primary', () => {
    const cache = { LOCATION: 'valkey://mymaster/0', OPTIONS: { SENTINELS, CONNECTION_FACTORY: sentinelFactory } }
    expect(readOne(cache)).toStrictEqual({ ...sentinel, client: 'default', warnings: [] })
  })
})

describe('the connection factory', () => {
  const own = { connect: (): Promise<never> => Promise.reject(new Error('not in this test')) }
  const classes = { 'path.to.factory': own }
  const asyncFactory = 'django_valkey.async_cache.pool.AsyncSentinelConnectionFactory'
  const asyncDefault = 'django_valkey.async_cache.pool.AsyncConnectionFactory'

  test.each<[own: string | undefined, shared: string | undefined, options: Values, factory: unknown]>([
    [undefined, undefined, {}, 'default'],
    [undefined, undefined, { SENTINELS }, 'sentinel'],
    [undefined, undefined, { SENTINELS, ...sentinelClient }, 'sentinel'],
    [undefined, sentinelFactory, { SENTINELS }, 'sentinel'],
    [undefined, asyncFactory, { SENTINELS }, 'sentinel'],
    [undefined, defaultFactory, {}, 'default'],
    [undefined, asyncDefault, {}, 'default'],
    [sentinelFactory, undefined, { SENTINELS }, 'sentinel'],
    [sentinelFactory, defaultFactory, { SENTINELS }, 'sentinel'],
    [asyncFactory, defaultFactory, { SENTINELS, ...sentinelClient }, 'sentinel'],
    [defaultFactory, sentinelFactory, {}, 'default'],
    ['path.to.factory', sentinelFactory, {}, own],
    [undefined, 'path.to.factory', {}, own],
    [undefined, 'path.to.factory', { SENTINELS }, own],
  ])('of the cache %s, shared %s, with %j', (CONNECTION_FACTORY, shared, options, factory) => {
    const cache = { LOCATION: 'valkey://service/1', OPTIONS: { CONNECTION_FACTORY, ...options } }
    const globals = shared === undefined ? {} : { DJANGO_VALKEY_CONNECTION_FACTORY: shared }
    expect(readOne(cache, globals, classes).connectionFactory).toBe(factory)
  })

  test.each<[location: string | readonly string[], applies: boolean]>([
    ['valkey://127.0.0.1:6379/1', false],
    ['valkey://a:6379/1,valkey://b:6379/1', false],
    ['valkey://127.0.0.1/1', true],
    ['unix:///run/v.sock', false],
    [['valkey://a:6379/1', 'valkey://b/1'], false],
    [['valkey://a/1', 'valkey://b/1'], true],
  ])('a shared Sentinel factory without SENTINELS applies to %j: %s', (location, applies) => {
    const globals = { DJANGO_VALKEY_CONNECTION_FACTORY: sentinelFactory }
    const reading = (): unknown => readOne({ LOCATION: location }, globals).connectionFactory
    if (!applies) return expect(reading()).toBe('default')
    const error = errorOf(reading)
    expect(error.path).toBe('CACHES.default.OPTIONS.SENTINELS')
    expect(error.message).toContain('DJANGO_VALKEY_CONNECTION_FACTORY')
  })

  test.each<[shared: string | undefined, options: Values, at: string, other: string]>([
    [undefined, { CONNECTION_FACTORY: sentinelFactory }, 'SENTINELS', 'OPTIONS.CONNECTION_FACTORY'],
    [undefined, { CONNECTION_FACTORY: sentinelFactory, SENTINELS: [] }, 'SENTINELS', 'OPTIONS.CONNECTION_FACTORY'],
    [undefined, { CONNECTION_FACTORY: sentinelFactory, SENTINELS: null }, 'SENTINELS', 'OPTIONS.CONNECTION_FACTORY'],
    [undefined, sentinelClient, 'SENTINELS', 'OPTIONS.CLIENT_CLASS'],
    [sentinelFactory, sentinelClient, 'SENTINELS', 'DJANGO_VALKEY_CONNECTION_FACTORY'],
    [undefined, { ...sentinelClient, CONNECTION_FACTORY: 'path.to.factory' }, 'SENTINELS', 'OPTIONS.CLIENT_CLASS'],
    [
      undefined,
      { ...sentinelClient, SENTINELS, CONNECTION_FACTORY: defaultFactory },
      'CONNECTION_FACTORY',
      'OPTIONS.CLIENT_CLASS',
    ],
    [undefined, { SENTINELS, CONNECTION_FACTORY: defaultFactory }, 'CONNECTION_FACTORY', 'OPTIONS.SENTINELS'],
  ])('shared %s with %j is an error', (shared, OPTIONS, at, other) => {
    const globals = { DJANGO_VALKEY_CONNECTION_FACTORY: shared }
    const error = errorOf(() => readOne({ LOCATION, OPTIONS }, globals, classes))
    expect(error.path).toBe(`CACHES.default.OPTIONS.${at}`)
    expect(error.message).toContain(other)
  })

  test.each<[options: Values, other: string]>([
    [{ ...sentinelClient, SENTINELS }, 'CACHES.default.OPTIONS.CLIENT_CLASS'],
    [{ SENTINELS }, 'CACHES.default.OPTIONS.SENTINELS'],
  ])('a shared factory that is not for Sentinel does not fit %j', (OPTIONS, other) => {
    const globals = { DJANGO_VALKEY_CONNECTION_FACTORY: defaultFactory }
    const error = errorOf(() => readOne({ LOCATION: 'valkey://service/0', OPTIONS }, globals))
    expect(error.path).toBe('DJANGO_VALKEY_CONNECTION_FACTORY')
    expect(error.message).toContain(other)
  })
})

describe('CONNECTION_POOL_CLASS', () => {
  test.each([
    'valkey.ConnectionPool',
    'valkey.connection.ConnectionPool',
    'valkey.BlockingConnectionPool',
    'valkey.connection.BlockingConnectionPool',
    'valkey.asyncio.ConnectionPool',
    'valkey.asyncio.connection.ConnectionPool',
    'valkey.asyncio.BlockingConnectionPool',
    'valkey.asyncio.connection.BlockingConnectionPool',
  ])('%s is the pool of a plain cache, and not for Sentinel', (CONNECTION_POOL_CLASS) => {
    expect(readOne({ LOCATION, OPTIONS: { CONNECTION_POOL_CLASS } })).toStrictEqual({ ...plain, warnings: [] })
    for (const options of [sentinelClient, { CONNECTION_FACTORY: sentinelFactory }]) {
      const OPTIONS = { ...options, SENTINELS, CONNECTION_POOL_CLASS }
      const error = errorOf(() => readOne({ LOCATION: 'valkey://mymaster/0', OPTIONS }))
      expect(error.path).toBe('CACHES.default.OPTIONS.CONNECTION_POOL_CLASS')
      expect(error.message).toMatch(/is not for Sentinel/)
    }
  })

  test.each([
    'valkey.SentinelConnectionPool',
    'valkey.sentinel.SentinelConnectionPool',
    'valkey.asyncio.SentinelConnectionPool',
    'valkey.asyncio.sentinel.SentinelConnectionPool',
  ])('%s is the pool of a Sentinel cache', (CONNECTION_POOL_CLASS) => {
    const OPTIONS = { ...sentinelCache.OPTIONS, CONNECTION_POOL_CLASS }
    expect(readOne({ ...sentinelCache, OPTIONS })).toStrictEqual({ ...sentinel, warnings: [] })
  })
})

describe('classes of your own', () => {
  const pool = (): never => expect.fail('not in this test')
  const client = (): never => expect.fail('not in this test')
  const classes: DjangoClasses = { 'my.Pool': pool, 'my.Client': client }

  test('a pool and a client', () => {
    const OPTIONS = { CONNECTION_POOL_CLASS: 'my.Pool', CLIENT_CLASS: 'my.Client' }
    expect(readOne({ LOCATION, OPTIONS }, {}, classes)).toStrictEqual({ ...plain, client, pool, warnings: [] })
  })

  test('a client beside the connection factory of a cluster', () => {
    const OPTIONS = { CONNECTION_FACTORY: clusterFactory, CLIENT_CLASS: 'my.Client' }
    expect(readOne({ LOCATION, OPTIONS }, {}, classes)).toMatchObject({ client })
  })

  test('a pool for SentinelClient', () => {
    const OPTIONS = { ...sentinelCache.OPTIONS, CONNECTION_POOL_CLASS: 'my.Pool' }
    expect(readOne({ ...sentinelCache, OPTIONS }, {}, classes)).toStrictEqual({ ...sentinel, pool, warnings: [] })
  })

  test('a serializer and a compressor, in the format that Python reads', () => {
    const serializer = { name: 'mine', serialize: String, deserialize: String }
    const compressor = {
      name: 'mine',
      compress: (bytes: Uint8Array) => bytes,
      decompress: (bytes: Uint8Array) => bytes,
    }
    const mine: DjangoClasses = { 'my.Serializer': serializer, 'my.Compressor': compressor }
    const OPTIONS = { SERIALIZER: 'my.Serializer', COMPRESSOR: 'my.Compressor' }
    const expected = { ...plain, format: 'django', warnings: [] }
    expect(readOne({ LOCATION, OPTIONS }, {}, mine)).toStrictEqual({ ...expected, serializer, compressor })
    expect(readOne({ LOCATION, OPTIONS: { COMPRESSOR: 'my.Compressor' } }, {}, mine)).toStrictEqual({ ...expected, compressor }) // prettier-ignore
  })

  test('key functions, as they are or by their paths', () => {
    const make = (key: string, prefix: string, version: number): string => `${prefix}/${version}/${key}`
    const reverse = (made: string): string => made.slice(made.lastIndexOf('/') + 1)
    const expected = { ...plain, keyFunction: make, reverseKeyFunction: reverse, warnings: [] }
    expect(readOne({ LOCATION, KEY_FUNCTION: make, REVERSE_KEY_FUNCTION: reverse })).toStrictEqual(expected)
    const cache = { LOCATION, KEY_FUNCTION: 'my.make', REVERSE_KEY_FUNCTION: 'my.reverse' }
    expect(readOne(cache, {}, { 'my.make': make, 'my.reverse': reverse })).toStrictEqual(expected)
  })

  test('a logger', () => {
    const logger = { warn: (): void => {}, error: (): void => {} }
    const globals = { DJANGO_VALKEY_LOGGER: 'my.logger' }
    expect(readOne({ LOCATION }, globals, { 'my.logger': logger })).toStrictEqual({ ...plain, logger, warnings: [] })
    const error = errorOf(() => readOne({ LOCATION }, globals, { 'my.logger': pool }))
    expect(error.path).toBe('DJANGO_VALKEY_LOGGER')
    expect(error.message).toMatch(/has no warn\(\) and error\(\) in classes/)
  })

  test.each<[option: string, path: string, problem: RegExp]>([
    ['CONNECTION_FACTORY', 'my.Pool', /has no connect\(\) in classes/],
    ['CONNECTION_POOL_CLASS', 'my.Factory', /is not a function in classes/],
    ['CLIENT_CLASS', 'my.Factory', /is not a function in classes/],
    ['SERIALIZER', 'my.Factory', /has no serialize\(\) and deserialize\(\) in classes/],
    ['COMPRESSOR', 'my.Pool', /has no compress\(\) and decompress\(\) in classes/],
    ['CLIENT_CLASS', 'toString', /not a known client class/],
  ])('%s %s is of the wrong kind', (option, path, problem) => {
    const mine = { ...classes, 'my.Factory': { connect: (): Promise<never> => Promise.reject(new Error()) } }
    const error = errorOf(() => readOne({ LOCATION, OPTIONS: { [option]: path } }, {}, mine))
    expect(error.path).toBe(`CACHES.default.OPTIONS.${option}`)
    expect(error.message).toMatch(problem)
  })
})

describe('SENTINELS', () => {
  test.each<[sentinels: unknown, read: unknown]>([
    [[['s1', 26379]], [['s1', 26379]]],
    [[['s1', '26379']], [['s1', 26379]]],
    [['s1:26379', '[::1]:26380'], [['s1', 26379], ['::1', 26380]]], // prettier-ignore
    ['s1:26379, s2:26380', [['s1', 26379], ['s2', 26380]]], // prettier-ignore
    [['redis://s1:26379', 'valkey://[::1]:26380/'], [['s1', 26379], ['::1', 26380]]], // prettier-ignore
    [[{ host: 's1', port: '26379' }], [['s1', 26379]]],
  ])('%j', (given, expected) => {
    const cache = { ...sentinelCache, OPTIONS: { ...sentinelClient, SENTINELS: given } }
    expect(readOne(cache).sentinels).toStrictEqual(expected)
  })

  test.each<[sentinels: unknown, at: string, problem: RegExp]>([
    [{ s1: 26379 }, '', /expected at least one sentinel, each \['host', 26379\].*; got an object/],
    [7, '', /expected at least one sentinel/],
    [['s1', 26379], '', /one pair and not a list of pairs/],
    [['s1'], '[0]', /names no port; write 'host:26379'/],
    ['s1', '[0]', /names no port; write 'host:26379'/],
    [['rediss://s1:26379'], '[0]', /TLS of the sentinels stands in SENTINEL_KWARGS/],
    [['redis://:s3cret@s1:26379'], '[0]', /user and password stand in SENTINEL_KWARGS/],
    [['ada:s3cret@s1:26379'], '[0]', /user and password stand in SENTINEL_KWARGS/],
    ['redis://:s3cret,s3cret@s1:26379', '[0]', /expected 'host:26379'/],
    [['http://s1:26379'], '[0]', /expected 'host:26379'/],
    [['redis://s1:26379/0'], '[0]', /expected 'host:26379'/],
    [['s1:26379', 's2:x'], '[1]', /port from 1 to 65535/],
    [[':26379'], '[0]', /expected 'host:26379'/],
    [[''], '[0]', /expected 'host:26379'/],
    [[['s1', 26379], ['s2']], '[1]', /expected \['host', 26379\]/],
    [[['s1', 26379, 0]], '[0]', /expected \['host', 26379\]/],
    [[{ host: 's1' }], '[0]', /expected \['host', 26379\].*, got an object/],
    [[{ host: 's1', port: 'x' }], '[0].port', /expected a port/],
    [[null], '[0]', /got null/],
    [
      [
        ['s1', 26379],
        ['s2', 0],
      ],
      '[1][1]',
      /port from 1 to 65535, got 0/,
    ],
    [
      [
        ['s1', 26379],
        ['s2', 'x'],
      ],
      '[1][1]',
      /got 'x'/,
    ],
    [[['s1', 1.5]], '[0][1]', /port/],
    [[['s1', null]], '[0][1]', /got null/],
    [[[5, 26379]], '[0][0]', /expected a host, got 5/],
    [[['', 26379]], '[0][0]', /expected a host/],
    [[['redis://:s3cret@s1', 26379]], '[0][0]', /expected a host/],
  ])('%j is malformed', (given, at, problem) => {
    const cache = { ...sentinelCache, OPTIONS: { ...sentinelClient, SENTINELS: given } }
    const error = errorOf(() => readOne(cache))
    expect(error.path).toBe(`CACHES.default.OPTIONS.SENTINELS${at}`)
    expect(error.message).toMatch(problem)
    expect(error.message).not.toContain('s3cret')
  })

  test('SENTINEL_KWARGS without them are a warning', () => {
    const { warnings, ...options } = readOne({ LOCATION, OPTIONS: { SENTINEL_KWARGS: { password: 's3cret' } } })
    expect(options).toStrictEqual(plain)
    expect(warnings).toStrictEqual(['CACHES.default.OPTIONS.SENTINEL_KWARGS: there are no SENTINELS to use it for'])
  })
})

describe('LOCATION', () => {
  test.each<[location: string | readonly string[], written: string | readonly string[]]>([
    ['valkey://127.0.0.1:6379', 'valkey://127.0.0.1:6379'],
    ['redis://h:6379/2', 'valkey://h:6379/2'],
    ['rediss://h/2', 'valkeys://h/2'],
    ['valkey://h/1?db=2', 'valkey://h/2'],
    ['valkey://[::1]:6379/1', 'valkey://[::1]:6379/1'],
    ['valkey:///1', 'valkey://localhost/1'],
    ['unix:///run/a%20b.sock?db=1', 'unix:///run/a%20b.sock?db=1'],
    ['unix://ada:s%2Fcret@/run/v.sock?db=1&role=replica', 'unix://ada:s%2Fcret@/run/v.sock?db=1&is_master=0'],
    ['unix:/run/v.sock', 'unix:///run/v.sock'],
    ['valkey://:6380/1', 'valkey://localhost:6380/1'],
    ['valkey://django@localhost:6379/0', 'valkey://django@localhost:6379/0'],
    ['valkey://a%40b:p%2Fq%2C@h/0', 'valkey://a%40b:p%2Fq%2C@h/0'],
    ['valkey://:s3cret@h/0', 'valkey://:s3cret@h/0'],
    ['valkey://h?role=replica', 'valkey://h?is_master=0'],
    ['valkey://h?is_master=True', 'valkey://h?is_master=1'],
    [['valkey://h'], 'valkey://h'],
    [
      ['valkey://a/1', 'valkey://b/1'],
      ['valkey://a/1', 'valkey://b/1'],
    ],
    ['valkey://a/1, valkey://b/1', ['valkey://a/1', 'valkey://b/1']],
  ])('%j is written %j', (location, written) => {
    const { location: read, warnings } = readOne({ LOCATION: location })
    expect(read).toStrictEqual(written)
    expect(warnings).toStrictEqual([])
    for (const { text, path } of splitLocations(read ?? '', '')) expect(parseLocation(text, path).kind).toBe('server')
  })

  test("a service keeps its name's case, and has no port", () => {
    const { location, warnings } = readOne({ ...sentinelCache, LOCATION: 'valkey://My_Master:6379/0' })
    expect(location).toBe('valkey://My_Master/0')
    expect(warnings).toStrictEqual(['CACHES.default.LOCATION: a service has no port; it is left out'])
  })

  test.each(['valkey:///0', 'valkey://:6379/0', 'valkey://ada:s3cret@/0'])('%s names no service', (location) => {
    const error = errorOf(() => readOne({ ...sentinelCache, LOCATION: location }))
    expect(error.path).toBe('CACHES.default.LOCATION')
    expect(error.message).toMatch(/service name is empty/)
  })

  test.each<[location: string, kwargs: Values, database: number]>([
    ['valkey://h:1/db', {}, 0],
    ['valkey://h:1/db', { db: 3 }, 3],
    ['valkey://h:1/db?db=2', { db: 3 }, 2],
  ])('%s with %j is database %d, with a warning', (location, CONNECTION_POOL_KWARGS, database) => {
    const read = readOne({ LOCATION: location, OPTIONS: { CONNECTION_POOL_KWARGS } })
    expect(read.location).toBe(`valkey://h:1/${database}`)
    expect(read.warnings).toStrictEqual([
      `CACHES.default.LOCATION: the path 'db' is not a number; database ${database} is used`,
    ])
  })

  test.each<[location: unknown, at: string, problem: RegExp]>([
    [['valkey://a', 'http://b'], '[1]', /expected valkey:/],
    ['valkey://a,', '[1]', /is empty/],
    [['valkey://a', 7], '[1]', /expected a text/],
    ['valkey://a:x', '', /port/],
    ['valkey://a/-1', '', /whole number from 0/],
    ['valkey://a?role=primary&is_master=0', '?role', /contradicts/],
    [['valkey://a', 'valkey://b?max_connection=1'], '[1]', /must be that of CACHES\.default\.LOCATION\[0\]/],
    [['valkey://a?client_name=x', 'valkey://b?client_name=y'], '[1]', /must be that of/],
    [['valkey://a?typo=1', 'valkey://b?typo=1'], '[0]?typo', /unknown name/],
  ])('%j is an error', (location, at, problem) => {
    const error = errorOf(() => readOne({ LOCATION: location }))
    expect(error.path).toBe(`CACHES.default.LOCATION${at}`)
    expect(error.message).toMatch(problem)
  })

  test('what every location says in its query counts once', () => {
    const read = readOne({
      LOCATION: 'valkey://a/1?is_master=1&socket_timeout=2,valkey://b/1?is_master=0&socket_timeout=2',
    })
    expect(read.location).toStrictEqual(['valkey://a/1?is_master=1', 'valkey://b/1?is_master=0'])
    expect(read.attemptTimeout).toBe(2_000)
  })

  test('a query wins over CONNECTION_POOL_KWARGS, those win over OPTIONS', () => {
    const kwargs = { socket_timeout: 2, password: 'b' }
    const OPTIONS = { SOCKET_TIMEOUT: 3, SOCKET_CONNECT_TIMEOUT: 3, PASSWORD: 'c', CONNECTION_POOL_KWARGS: kwargs }
    const query = '?socket_timeout=1'
    const read = readOne({ LOCATION: `${LOCATION}${query}`, OPTIONS })
    expect(read).toMatchObject({ attemptTimeout: 1_000, connectTimeout: 3_000, password: 'b' })
  })

  test('a password may be a function', () => {
    const password = (): string => 's3cret'
    expect(readOne({ LOCATION, OPTIONS: { PASSWORD: password } }).password).toBe(password)
  })
})

describe('TLS', () => {
  const pem = '-----BEGIN CERTIFICATE-----\n'

  function pemFile(): string {
    const folder = mkdtempSync(join(tmpdir(), 'valkey-cache-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    writeFileSync(join(folder, 'ca.pem'), pem)
    return join(folder, 'ca.pem')
  }

  /** The tls option of a cache with these names, at each place where they may stand. */
  function tlsAt(place: Place, values: Values): CacheOptions['tls'] {
    const { caches } = read(settingsWith(place, { ssl: true, ...values }))
    return place === 'SENTINEL_KWARGS' ? caches.default?.sentinelOptions?.tls : caches.default?.tls
  }

  describe.each(wire)('%s', (place) => {
    test.each<[name: string, value: unknown, tls: unknown]>([
      ['ssl_cert_reqs', 'none', { rejectUnauthorized: false }],
      ['ssl_cert_reqs', 'optional', { rejectUnauthorized: true }],
      ['ssl_cert_reqs', 'required', { rejectUnauthorized: true }],
      ['ssl_check_hostname', true, {}],
      ['ssl_ca_data', pem, { ca: [pem] }],
      ['ssl_min_version', 'TLSv1_2', { minVersion: 'TLSv1.2' }],
      ['ssl_min_version', 'TLSv1.3', { minVersion: 'TLSv1.3' }],
      ['ssl_ciphers', 'ECDHE-RSA-AES128-GCM-SHA256', { ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }],
    ])('%s %j', (name, value, tls) => {
      expect(tlsAt(place, { [name]: value })).toStrictEqual(tls)
    })

    test('files stay paths, which are read again when they change', () => {
      const file = pemFile()
      const values = { ssl_ca_certs: file, ssl_certfile: file, ssl_keyfile: file, ssl_password: 's3cret' }
      expect(tlsAt(place, values)).toStrictEqual({ ca: [file], cert: file, key: file, passphrase: 's3cret' })
    })

    test('ssl_check_hostname False takes any name', () => {
      const tls = tlsAt(place, { ssl_check_hostname: false })
      expect(tls).toStrictEqual({ checkServerIdentity: expect.any(Function) as unknown })
      expect(typeof tls === 'object' && tls.checkServerIdentity?.('h', {} as never)).toBeUndefined()
    })

    test.each<[name: string, value: unknown, problem: RegExp]>([
      ['ssl_ca_certs', '/no/such/file.pem', /cannot read the file '\/no\/such\/file\.pem'/],
      ['ssl_cert_reqs', 'never', /expected 'none', 'optional' or 'required', got 'never'/],
      ['ssl_min_version', 'SSLv3', /expected for example 'TLSv1\.2'/],
    ])('%s %j is an error', (name, value, problem) => {
      const error = errorOf(() => tlsAt(place, { [name]: value }))
      expect(error.path).toBe(pathOf(place, name))
      expect(error.message).toMatch(problem)
    })
  })

  test.each<[name: string, value: unknown, tls: unknown]>([
    ['ssl_cert_reqs', null, { rejectUnauthorized: false }],
    ['ssl_cert_reqs', 0, { rejectUnauthorized: false }],
    ['ssl_cert_reqs', 2, { rejectUnauthorized: true }],
    ['ssl_cert_reqs', false, { rejectUnauthorized: false }],
    ['ssl_cert_reqs', true, { rejectUnauthorized: true }],
    ['ssl_check_hostname', 1, {}],
    ['ssl_min_version', 771, { minVersion: 'TLSv1.2' }],
    ['ssl_ca_certs', null, true],
  ])('as Python would write it: %s %j', (name, value, tls) => {
    expect(tlsAt('CONNECTION_POOL_KWARGS', { [name]: value })).toStrictEqual(tls)
  })

  test('a location with valkeys:// needs no ssl', () => {
    const kwargs = { ssl_cert_reqs: null }
    const cache = { LOCATION: 'valkeys://h:6379/1', OPTIONS: { CONNECTION_POOL_KWARGS: kwargs } }
    expect(readOne(cache)).toMatchObject({ location: 'valkeys://h:6379/1', tls: { rejectUnauthorized: false } })
    expect(readOne({ LOCATION: 'valkeys://h:6379/1' })).not.toHaveProperty('tls')
  })

  test('both kinds of CA count', () => {
    const file = pemFile()
    const values = { ssl_ca_certs: file, ssl_ca_data: pem }
    expect(tlsAt('CONNECTION_POOL_KWARGS', values)).toStrictEqual({ ca: [file, pem] })
  })

  test.each<[locations: string]>([['valkey://h:1/1'], ['valkeys://a:1/1,valkey://b:1/1']])(
    'ssl_… names without TLS on every location are an error, unless ssl is False: %s',
    (location) => {
      const cache = (kwargs: Values): Values => ({ LOCATION: location, OPTIONS: { CONNECTION_POOL_KWARGS: kwargs } })
      const error = errorOf(() => readOne(cache({ ssl_ciphers: 'x' })))
      expect(error.path).toBe('CACHES.default.OPTIONS.CONNECTION_POOL_KWARGS')
      expect(error.message).toMatch(/needs TLS/)
      expect(readOne(cache({ ssl_ciphers: 'x', ssl: false }))).not.toHaveProperty('tls')
    },
  )
})

describe('settings', () => {
  test.each<[settings: unknown, at: string, problem: RegExp]>([
    [null, 'settings', /expected an object, got null/],
    ['x', 'settings', /expected an object/],
    [[], 'settings', /expected an object, got an array/],
    [{}, 'CACHES', /is missing/],
    [{ caches: {} }, 'CACHES', /is missing/],
    [{ CACHES: null }, 'CACHES', /expected an object, got null/],
    [{ CACHES: [] }, 'CACHES', /expected an object, got an array/],
    [{ CACHES: { default: 'valkey://h' } }, 'CACHES.default', /expected an object/],
    [{ CACHES: { default: { LOCATION, OPTIONS: 7 } } }, 'CACHES.default.OPTIONS', /expected an object, got 7/],
  ])('%j is an error', (settings, at, problem) => {
    const error = errorOf(() => read(settings))
    expect(error.path).toBe(at)
    expect(error.message).toMatch(problem)
  })

  test("names that are Django's own, or another package's, are not looked at", () => {
    const django = { DEBUG: true, CACHE_MIDDLEWARE_SECONDS: 60, COMPRESS_ENABLED: true, SENTINELS }
    const { caches, warnings } = read({ ...django, CACHES: { default: { LOCATION, OPTIONS: json } } })
    expect(caches).toStrictEqual({ default: plain })
    expect(warnings).toStrictEqual([])
  })

  test('a shared factory that is unknown is an error even where no cache uses it', () => {
    const globals = { DJANGO_VALKEY_CONNECTION_FACTORY: 'path.to.it' }
    const error = errorOf(() => readOne({ LOCATION, OPTIONS: { CONNECTION_FACTORY: defaultFactory } }, globals))
    expect(error.path).toBe('DJANGO_VALKEY_CONNECTION_FACTORY')
  })

  test('without a logger, warnings are those of the process', () => {
    const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    onTestFinished(() => emit.mockRestore())
    fromDjangoSettings({ CACHES: { default: { LOCATION, OPTIONS: { ...json, CLOSE_CONNECTION: true } } } })
    expect(emit.mock.calls).toStrictEqual([
      [expect.stringMatching(/^CACHES\.default\.OPTIONS\.CLOSE_CONNECTION: /), { code: 'VALKEY_CACHE_DJANGO' }],
    ])
  })

  test('options of its own that it does not know are refused, a logger in their place too', () => {
    const settings = { CACHES: { default: { LOCATION, OPTIONS: json } } }
    const given = { clases: {} } as never
    const error = errorOf(() => fromDjangoSettings(settings, given))
    expect(error.path).toBe('fromDjangoSettings().clases')
    expect(error.message).toMatch(/unknown option; known are classes, logger/)
    const logger = { warn: (): void => {} } as never
    expect(errorOf(() => fromDjangoSettings(settings, logger)).path).toBe('fromDjangoSettings().warn')
  })

  test('the settings are not changed', () => {
    const settings = { CACHES: { default: { ...sentinelCache, OPTIONS: { ...json, ...sentinelCache.OPTIONS } } } }
    const before = JSON.stringify(settings)
    read(settings)
    expect(JSON.stringify(settings)).toBe(before)
  })

  test('passwords are in no error and in no warning', () => {
    const LOCATION = 'valkey://ada:s3cret@h:1/db?password=s3cret&retry=1'
    const OPTIONS = { PASSWORD: 's3cret', CONNECTION_POOL_KWARGS: { password: 's3cret', retry: 's3cret' } }
    expect(readOne({ LOCATION, OPTIONS }).warnings.join()).not.toContain('s3cret')
    const error = errorOf(() => readOne({ LOCATION, OPTIONS: { ...OPTIONS, PASSWORD: ['s3cret'] } }))
    expect(error.message).not.toContain('s3cret')
  })

  test('the caches have the types of their aliases, without those of foreign backends', () => {
    const caches = fromDjangoSettings(
      {
        CACHES: {
          default: { BACKEND: 'django_valkey.cache.ValkeyCache', LOCATION, OPTIONS: json },
          bare: { LOCATION, OPTIONS: json },
          local: { BACKEND: 'django.core.cache.backends.locmem.LocMemCache' },
        },
      },
      { logger: { warn: () => {} } },
    )
    expectTypeOf(caches).toEqualTypeOf<{ readonly default: CacheOptions; readonly bare: CacheOptions }>()
    expectTypeOf(fromDjangoSettings<DjangoSettings>).returns.toEqualTypeOf<Readonly<Record<string, CacheOptions>>>()
  })
})

describe('createCaches', () => {
  test('takes the caches as they are, under their aliases', async () => {
    const settings = {
      DJANGO_VALKEY_CONNECTION_FACTORY: sentinelFactory,
      CACHES: {
        sentinel: sentinelCache,
        list: { LOCATION: ['valkey://s/0?is_master=1', 'valkey://s/0?is_master=0'], OPTIONS: { SENTINELS } },
        one: { LOCATION: ['valkey://s/0'], OPTIONS: { ...sentinelClient, SENTINELS } },
        readonly: { LOCATION: 'valkey://s/0?is_master=0', OPTIONS: { SENTINELS } },
        plain: { LOCATION: 'valkey://django@127.0.0.1:6379/1', TIMEOUT: -1, OPTIONS: { PASSWORD: 's3cret' } },
        replicated: { LOCATION: 'valkey://a:1/0,valkey://b:1/0', TIMEOUT: null, OPTIONS: { SOCKET_TIMEOUT: 5 } },
        shards: {
          LOCATION: ['valkey://a:1/0', 'redis://b:1?db=1'],
          OPTIONS: { CLIENT_CLASS: 'django_valkey.client.ShardClient' },
        },
        services: {
          LOCATION: ['valkey://s1/0', 'valkey://s2/0'],
          OPTIONS: { CLIENT_CLASS: 'django_valkey.client.ShardClient', SENTINELS },
        },
        tls: { LOCATION: 'valkeys://a:1/0', OPTIONS: { CONNECTION_POOL_KWARGS: { ssl_cert_reqs: null } } },
      },
    } as const
    await using caches = createCaches(fromDjangoSettings(settings, { logger: { warn: () => {} } }))
    expectTypeOf<keyof typeof caches>()
      .extract<string>()
      .toEqualTypeOf<keyof (typeof settings)['CACHES'] | 'close' | 'ready' | 'stats'>()
    expect(Object.keys(caches)).toStrictEqual([...Object.keys(settings.CACHES), 'close', 'ready', 'stats'])
  })
})

describe('docs/django-settings.md', () => {
  const page = readFileSync(new URL('../../docs/django-settings.md', import.meta.url), 'utf8')
  const shown = page
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').map((cell) => cell.trim()))

  test.each(Object.entries(names))('shows every name of %s, and what becomes of it', (place, readers) => {
    for (const [name, { becomes }] of Object.entries(readers)) {
      const row = shown.find(([, cell, where, meaning]) => {
        const named = cell?.includes(`\`${name}\``) || cell === 'every other argument above'
        return named && where?.split(', ').includes(place) && meaning === becomes
      })
      expect(row, `${place}: ${name}: ${becomes}`).toBeDefined()
    }
  })

  test('shows no name that is not in the table', () => {
    const known = new Set(Object.values(names).flatMap((readers) => Object.keys(readers)))
    const inPage = shown.flatMap(([, cell]) => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name))
    expect(inPage.filter((name) => !known.has(name ?? ''))).toStrictEqual([])
  })
})

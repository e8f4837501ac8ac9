import * as meaning from './meanings.js'
import { each, holdsAnyway, maps, mapsWhenSet, readElsewhere, refuses, warns, type Names } from './reader.js'
import {
  caCerts,
  caData,
  certReqs,
  checkHostname,
  ciphers,
  clientCertificate,
  clientKey,
  clientKeyPassword,
  minVersion,
} from './tls.js'
import { credential, numberOrDigits, positiveSeconds, pythonText } from './values.js'

/** Where a name may stand. */
export type Place =
  | 'settings'
  | 'CACHES'
  | 'OPTIONS'
  | 'CONNECTION_POOL_KWARGS'
  | 'LOCATION query'
  | 'SENTINEL_KWARGS'
  | 'BASE_CLIENT_KWARGS'
  | 'ValkeyCluster'

const logIgnored =
  'nothing for `True`: what is ignored is always reported; `False` beside IGNORE_EXCEPTIONS is a warning'

const ignoring = meaning.unlessNone(meaning.flag((on) => ({ failSafe: on })))
const logging = meaning.unlessNone(meaning.flag((on, path) => ({ quiet: on ? undefined : path })))

const globals: Names = {
  CACHES: readElsewhere('one cache for each alias'),
  DJANGO_VALKEY_CONNECTION_FACTORY: readElsewhere(
    '`connectionFactory` of every cache that names none, except one without SENTINELS on an explicit port',
  ),
  DJANGO_VALKEY_IGNORE_EXCEPTIONS: maps('`failSafe` of every cache whose OPTIONS do not say', ignoring),
  DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS: maps(logIgnored, logging),
  DJANGO_VALKEY_LOGGER: readElsewhere(
    '`logger` of every cache, from `classes`; a warning where it is not there, as Python loggers are not here',
  ),
  DJANGO_VALKEY_CLOSE_CONNECTION: warns('connections end with `caches.close()` only'),
  DJANGO_VALKEY_SCAN_ITERSIZE: warns('the size of a scan is the option `batch` of each call'),
  ...each(
    'DJANGO_VALKEY_LOG_EXCEPTION DJANGO_VALKEY_LOG_IGNORED_EXCEPTION',
    warns('not read by django-valkey either; it reads DJANGO_VALKEY_LOG_IGNORED_EXCEPTIONS'),
  ),
  DJANGO_VALKEY_IGNORE_EXCEPTION: warns('not read by django-valkey either; it reads DJANGO_VALKEY_IGNORE_EXCEPTIONS'),
  CACHE_HERD_TIMEOUT: maps(
    '`herdTimeout` of every cache with HerdClient, from seconds',
    meaning.unlessNone(meaning.herdTimeout),
  ),
  CACHE_COMPRESS_MIN_LEVEL: warns('not read by django-valkey either; it reads CACHE_COMPRESS_MIN_LENGTH'),
  CACHE_COMPRESS_MIN_LENGTH: maps(
    '`compressMinLength` of every cache that compresses',
    meaning.unlessNone(meaning.compressMinLength),
  ),
  CACHE_COMPRESS_LEVEL: mapsWhenSet(
    '`compressLevel` of every cache that compresses; a warning for negative levels, and for Lz4Compressor, which has one level here',
    meaning.compressLevel,
  ),
  COMPRESS_ZLIB_WBITS: mapsWhenSet(
    "nothing for 15; 31 makes ZlibCompressor `'gzip'`; an error for others, whose bytes are not exchanged",
    meaning.zlibWindow,
  ),
  COMPRESS_LZMA_FORMAT: mapsWhenSet('nothing for 1 (`.xz`); an error for others', meaning.oneOf([1])),
  COMPRESS_LZMA_CHECK: mapsWhenSet(
    'nothing for -1 (the default), 0, 1 and 4; an error for 10 (SHA-256), which is not read',
    meaning.oneOf([-1, 0, 1, 4]),
  ),
  DECOMPRESS_LZMA_FORMAT: mapsWhenSet('nothing for 0 (any) and 1 (`.xz`); an error for others', meaning.oneOf([1])),
  ...each('COMPRESS_LZMA_FILTERS DECOMPRESS_LZMA_FILTERS', refuses('`.xz` is written and read with its usual filters')),
  ...each('COMPRESS_ZSTD_DICT DECOMPRESS_ZSTD_DICT', refuses('zstd is written and read without a dictionary')),
  COMPRESS_ZSTD_OPTIONS: refuses('django-valkey itself fails with it; use CACHE_COMPRESS_LEVEL'),
  ...each(
    `COMPRESS_BROTLI_MODE COMPRESS_BROTLI_LGWIN COMPRESS_BROTLI_LGBLOCK COMPRESS_LZ4_BLOCK_SIZE
      COMPRESS_LZ4_CONTENT_CHECKSUM COMPRESS_LZ4_BLOCK_LINKED COMPRESS_LZ4_STORE_SIZE`,
    warns('what is written here has the defaults, and is read by either side'),
  ),
  ...each(
    'DECOMPRESS_LZMA_MEMLIMIT DECOMPRESS_ZSTD_OPTIONS',
    warns('`maxDecodedBytes` bounds what is read; give it to createCaches'),
  ),
}

const eviction = warns('the server decides what to evict; django-valkey does not use it either')

const cache: Names = {
  BACKEND: readElsewhere(
    "nothing for ValkeyCache, AsyncValkeyCache or none; `client: 'cluster'` for ClusterValkeyCache where CLIENT_CLASS says nothing; the alias of a foreign one is skipped with a warning",
  ),
  LOCATION: readElsewhere('`location`; a path that is not a number is database 0, with a warning'),
  OPTIONS: readElsewhere('the options below'),
  ...each(
    'TIMEOUT timeout',
    maps(
      '`ttl`, from seconds; `None` is `null`: for ever; a text is read as `int()` does, and one that is no number is 300 with a warning',
      meaning.timeToLive,
    ),
  ),
  KEY_PREFIX: maps("`prefix`; a number is its digits, `None` is `'None'` with a warning", meaning.prefix),
  VERSION: maps('`version`, a number or its digits', meaning.option('version', numberOrDigits)),
  KEY_FUNCTION: readElsewhere("`keyFunction`: a function, or a path in `classes`; nothing for Django's own"),
  REVERSE_KEY_FUNCTION: readElsewhere(
    "`reverseKeyFunction`: a function, or a path in `classes`; nothing for django-valkey's own",
  ),
  ...each('max_entries cull_frequency', eviction),
}

const options: Names = {
  CLIENT_CLASS: readElsewhere(
    "`client`: `'default'` for DefaultClient and HashClient, `'sentinel'` for SentinelClient and their Async twins, `'shard'` for ShardClient, `'cluster'` for DefaultClusterClient; `herd: true` for HerdClient and its Async twin; your own from `classes`",
  ),
  CONNECTION_FACTORY: readElsewhere(
    "`connectionFactory`: `'default'` for ConnectionFactory, `'sentinel'` for SentinelConnectionFactory and their Async twins; `client: 'cluster'` for ClusterConnectionFactory; your own from `classes`",
  ),
  CONNECTION_POOL_CLASS: readElsewhere(
    'nothing for the pools of valkey-py, which must fit the factory; `pool` for your own from `classes`',
  ),
  CONNECTION_POOL_KWARGS: readElsewhere('the arguments below'),
  SENTINELS: readElsewhere('`sentinels`'),
  SENTINEL_KWARGS: readElsewhere('`sentinelOptions`, by the arguments below; `None` and `{}` are the same'),
  SERIALIZER: readElsewhere(
    "`serializer`: `'pickle'` for PickleSerializer and without it, `'json'` for JSONSerializer, `msgspecJson()` for MsgSpecJsonSerializer, `'msgpack'` for MSGPackSerializer and MsgSpecMsgPackSerializer; your own from `classes`",
  ),
  COMPRESSOR: readElsewhere(
    "`compressor`: `'zlib'`, `'gzip'`, `'brotli'`, `'zstd'`, `'lz4'`; nothing for IdentityCompressor; `decoders`, for reading only, and a warning for Bz2Compressor and LzmaCompressor; your own from `classes`",
  ),
  BASE_CLIENT_CLASS: readElsewhere(
    'nothing for the clients of valkey-py, which must fit the cache; an error for others: use CLIENT_CLASS',
  ),
  BASE_CLIENT_KWARGS: readElsewhere('the arguments below'),
  ...each('PARSER_CLASS PARSER_CLS', warns('the connection has its own parser')),
  SOCKET_TIMEOUT: mapsWhenSet('`attemptTimeout`, from seconds', meaning.option('attemptTimeout', positiveSeconds)),
  SOCKET_CONNECT_TIMEOUT: mapsWhenSet(
    '`connectTimeout`, from seconds',
    meaning.option('connectTimeout', positiveSeconds),
  ),
  PASSWORD: mapsWhenSet(
    "`password`, a text, a number or a function; a location's wins",
    meaning.option('password', credential),
  ),
  USERNAME: warns(
    'not read by django-valkey either; write the user in LOCATION, or username in CONNECTION_POOL_KWARGS',
  ),
  ...each('DB db', warns('not read by django-valkey either; the database stands in LOCATION')),
  ...each(
    'MASTER_NAME SERVICE_NAME',
    warns('not read by django-valkey either; the service name is the host of LOCATION'),
  ),
  ...each(
    'MAX_CONNECTIONS max_connections',
    warns('not read by django-valkey either; it reads max_connections in CONNECTION_POOL_KWARGS'),
  ),
  ...each(
    'CREDENTIAL_PROVIDER CREDENTIAL_PROVIDER_KWARGS',
    refuses('give PASSWORD a function, which is asked at each connect'),
  ),
  REPLICA_READ_ONLY: maps(
    'nothing for `True`; a warning for `False`: writes go to the primary, and are tried again until their deadline',
    meaning.unlessNone(meaning.replicaReadOnly),
  ),
  PICKLE_VERSION: maps(
    '`pickleProtocol`: 4 and 5, a negative number is 5; a warning for 0 to 3, which are read and not written; a warning where it is not given and values are pickles, because Python 3.14 changed the default',
    meaning.unlessNone(meaning.pickleVersion),
  ),
  IGNORE_EXCEPTIONS: maps('`failSafe`, for whatever Python takes for true', ignoring),
  LOG_IGNORE_EXCEPTIONS: maps(logIgnored, logging),
  LOG_IGNORED_EXCEPTIONS: warns('not read by django-valkey either; it reads LOG_IGNORE_EXCEPTIONS'),
  CLOSE_CONNECTION: warns('connections end with `caches.close()` only'),
  ...each('MAX_ENTRIES CULL_FREQUENCY', eviction),
}

/** Arguments of valkey-py's pools and connections that mean the same for data nodes and for sentinels. */
const wire: Names = {
  username: mapsWhenSet("`username`; a location's wins", meaning.option('username', credential)),
  password: mapsWhenSet("`password`; a location's wins", meaning.option('password', credential)),
  credential_provider: refuses('give password a function, which is asked at each connect'),
  socket_timeout: maps(
    '`attemptTimeout`, for sentinels `timeout`, from seconds; `None` is a warning: there is always a deadline',
    meaning.timeoutOrNone,
  ),
  protocol: maps(
    'nothing for 3; a warning for 2: RESP3 is spoken where the server has it',
    meaning.unlessNone(meaning.protocol),
  ),

  ssl: maps(
    '`tls`; `valkeys://` has it anyway; where `False` leaves no TLS, `ssl_…` say nothing',
    meaning.unlessNone(meaning.flag((on) => ({ ssl: on }))),
  ),
  ssl_cert_reqs: maps(
    '`tls.rejectUnauthorized`: `false` for none, `None`, `False` and 0, else `true`',
    meaning.tls(certReqs),
  ),
  ssl_check_hostname: maps(
    '`False` takes any host name (`tls.checkServerIdentity`); without it names are checked, unlike in Python',
    meaning.unlessNone(meaning.tls(checkHostname)),
  ),
  ssl_ca_certs: mapsWhenSet(
    '`tls.ca`: the file is read again when it changes; it replaces the usual CAs',
    meaning.tls(caCerts),
  ),
  ssl_ca_data: mapsWhenSet('`tls.ca`, PEM; it replaces the usual CAs', meaning.tls(caData)),
  ssl_min_version: mapsWhenSet('`tls.minVersion`', meaning.tls(minVersion)),
  ssl_ciphers: mapsWhenSet('`tls.ciphers`', meaning.tls(ciphers)),
  ssl_ca_path: refuses('a folder of certificates is not read; name one file in ssl_ca_certs'),
  ssl_certfile: mapsWhenSet('`tls.cert`: the file is read again when it changes', meaning.tls(clientCertificate)),
  ssl_keyfile: mapsWhenSet('`tls.key`: the file is read again when it changes', meaning.tls(clientKey)),
  ssl_password: mapsWhenSet('`tls.passphrase`', meaning.tls(clientKeyPassword)),
  ...each(
    'ssl_validate_ocsp ssl_validate_ocsp_stapled ssl_ocsp_context ssl_ocsp_expected_cert',
    refuses('certificates are not checked by OCSP'),
  ),

  ...each(
    'retry retry_on_error retry_on_timeout',
    warns('calls are tried again until their deadline, where that is safe'),
  ),
  ...each('health_check_interval check_connection', warns('a deadline for every command finds dead connections')),
  socket_keepalive: holdsAnyway('it is always on'),
  ...each('socket_keepalive_options socket_type socket_read_size', warns('left to Node')),
  ...each('lib_name lib_version', warns('not sent')),
  client_capa_redirect: warns('the topology decides'),
  ...each(
    'encoding encoding_errors charset errors decode_responses encoder_class',
    warns('keys are UTF-8, and the serializer reads the values'),
  ),
  ...each('parser_class command_packer', warns('the connection has its own encoder and parser')),
  ...each('timeout queue_class', warns('nobody waits for a free connection: they are multiplexed')),
  ...each(
    'single_connection_client auto_close_connection_pool',
    warns('connections are shared, and end with `caches.close()`'),
  ),
  min_other_sentinels: warns('all sentinels are asked, and the newest epoch wins'),
  ...each(
    'cache_enabled client_cache',
    refuses('client-side caching is the option `near` of the cache: set `near: true` there, and leave this out'),
  ),
  ...each(
    'cache_max_size cache_ttl cache_policy cache_deny_list cache_allow_list',
    warns(
      'for client-side caching, which is the option `near` of the cache: set `near.maxEntries`, `near.ttl` and `near.mode` there',
    ),
  ),
  ...each('host port service_name', refuses('LOCATION and SENTINELS name the servers')),
  ...each('path unix_socket_path', refuses('LOCATION names the socket: unix:///path/of/socket')),
  ...each(
    'connection_class connection_pool sentinel_manager valkey_connect_func',
    refuses('use CONNECTION_FACTORY with a ConnectionFactory of your own from `classes`'),
  ),
}

const node: Names = {
  ...wire,
  client_name: mapsWhenSet('`clientName`', meaning.option('clientName', pythonText)),
  socket_connect_timeout: mapsWhenSet(
    '`connectTimeout`, from seconds',
    meaning.option('connectTimeout', positiveSeconds),
  ),
  max_connections: maps(
    'nothing: an upper bound, which one connection to each node keeps',
    meaning.unlessNone(meaning.upperBound),
  ),
}

/** What ValkeyCluster takes beside the arguments of connections. */
const clusterClient: Names = {
  read_from_replicas: maps(
    "`readFrom`: `'any'` for `True`; without it `'primaryPreferred'`: the primary, and a replica while there is none",
    meaning.unlessNone(meaning.readFromReplicas),
  ),
  ...each('startup_nodes url', refuses('LOCATION names the nodes')),
  address_remap: refuses('give createCaches `addressMap`'),
  require_full_coverage: warns('the servers decide, by cluster-require-full-coverage'),
  ...each(
    'reinitialize_steps dynamic_startup_nodes',
    warns('the map is asked for whenever something contradicts it, and the nodes of LOCATION are never forgotten'),
  ),
  cluster_error_retry_attempts: warns('calls are tried again until their deadline, where that is safe'),
}

/**
 * Every name that django-valkey and valkey-py read, by the place where it may stand, and what becomes of it here; a name
 * that is not in this table is an error. `docs/django-settings.md` shows it. Where two of one place write the same
 * option, the lower one wins.
 * Source: django_valkey base.py, base_client.py, base_pool.py, pool.py, compressors/; valkey connection.py, client.py,
 * sentinel.py, cluster.py, _parsers/url_parser.py, and their asyncio twins
 */
export const names: Readonly<Record<Place, Names>> = {
  settings: globals,
  CACHES: cache,
  OPTIONS: options,
  CONNECTION_POOL_KWARGS: {
    ...node,
    db: maps("`database`; a location's wins", meaning.unlessNone(meaning.option('database', numberOrDigits))),
    is_master: refuses('write ?is_master= in LOCATION'),
  },
  'LOCATION query': {
    ...node,
    db: readElsewhere('the database; it wins over the path'),
    ...each('is_master role', readElsewhere('which role answers; it stays in `location`')),
  },
  SENTINEL_KWARGS: {
    ...wire,
    db: refuses('a sentinel has no databases'),
    client_name: warns('connections to sentinels have no name'),
    socket_connect_timeout: warns('socket_timeout covers connecting'),
    max_connections: holdsAnyway('an upper bound, which one connection to each sentinel keeps'),
    is_master: refuses('write ?is_master= in LOCATION'),
  },
  BASE_CLIENT_KWARGS: {
    ...each(`${Object.keys(node).join(' ')} db`, warns('not read by valkey-py either, beside a pool')),
    connection_pool: refuses('the pool belongs to the connection factory'),
  },
  ValkeyCluster: clusterClient,
}

import type { LoadOptions } from '../cache/load-policy.js'
import type { CloneMode, NearOptions } from '../cache/near/options.js'
import type { RecoveryOptions } from '../cache/recovery/options.js'
import type { ClientFactory } from '../clients/client.js'
import type { CodecOptions } from '../codec/options.js'
import type { ConnectionFactory } from '../connection/factory.js'
import type { Credential, TlsOptions } from '../connection/options.js'
import type { PoolFactory, PoolOptions } from '../connection/pool.js'
import type { KeyFunction, ReverseKeyFunction } from '../keys/key-maker.js'
import type { Logger, ReportContext } from '../telemetry/reporter.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { AddressMap } from '../connection/address-map.js'
import type { Duration } from '../units.js'

/** A sentinel: `['host', 26379]`, `{ host, port }`, `'host:26379'` or `'valkey://host:26379'`. */
export type SentinelAddress =
  readonly [host: string, port: number | string] | { readonly host: string; readonly port: number | string } | string

/** How the sentinels are reached; the data nodes have their own credentials and TLS. */
export interface SentinelOptions {
  /** ACL user of the sentinels. @default none */
  readonly username?: Credential
  /** Password of the sentinels. @default none */
  readonly password?: Credential
  /** `true`, or node:tls options, in which `ca`, `cert` and `key` may be paths of PEM files. @default false */
  readonly tls?: boolean | TlsOptions
  /** One step with one sentinel, in ms or as a literal: TCP, TLS and AUTH, or a reply. @default '400ms' */
  readonly timeout?: Duration
  /**
   * Where the addresses that sentinels announce are dialled from here, as `{ '10.0.0.1:6379': 'localhost:16379' }` or
   * a function; sentinels and data nodes alike. Names in errors, events and certificates stay those announced.
   * @default dialled as they are
   */
  readonly addressMap?: AddressMap
}

/** One cache. Everything has a default; an unknown option is a ConfigurationError. */
export interface CacheOptions extends CodecOptions, LoadOptions {
  /**
   * `valkey[s]://`, `redis[s]://`, `unix:///path/of/socket` or `memory://`; a comma list or array is a primary and its
   * replicas, with client 'cluster' nodes of the cluster, of which one must answer, and with client 'shard' each is a shard
   * with keys of its own. @default 'memory://'
   */
  readonly location?: string | readonly string[]
  /**
   * `'default'`, `'sentinel'` (primary and replica pools from one location), `'cluster'` (Valkey Cluster), `'shard'`
   * (servers, or Sentinel services, by consistent hashing), `'herd'` (`'default'` with `herd: true`), `'memory'`, or your
   * own. @default 'default', or 'memory' for memory://
   */
  readonly client?: 'default' | 'sentinel' | 'cluster' | 'shard' | 'herd' | 'memory' | ClientFactory
  /**
   * Keeps a value for `herdTimeout` after its ttl, and serves it to fewer and fewer callers, so that not all of them make
   * it anew at once. With the serializer 'pickle' values are those of django-valkey's HerdClient. @default true with
   * client 'herd', else false
   */
  readonly herd?: boolean
  /** In a herd cache, how long a value is kept after its ttl, in ms or as a literal. @default '1m' */
  readonly herdTimeout?: Duration
  /** Where the location leads: `'default'` dials it, `'sentinel'` asks the sentinels for it; or your own way to connect. @default 'sentinel' where `sentinels` is given */
  readonly connectionFactory?: 'default' | 'sentinel' | ConnectionFactory
  /**
   * The most sockets to one node that all calls share (`connections`), and the most connections of one's own, for
   * `use` and blocking commands, to one node at a time (`leases`; more wait); or your own pools.
   * @default { connections: 1, leases: 64 }
   */
  readonly pool?: Partial<PoolOptions> | PoolFactory
  /** The sentinels to ask, in an array or as a comma list; more are learned from them. @default none */
  readonly sentinels?: readonly SentinelAddress[] | string
  /** How the sentinels are reached. @default {} */
  readonly sentinelOptions?: SentinelOptions
  /**
   * Where the addresses that a cluster announces are dialled from here, as `{ '10.0.0.1:6379': 'localhost:16379' }` or a
   * function: those of the map, and of MOVED and ASK. Names in errors, events and certificates stay those announced.
   * Under Sentinel this stands in `sentinelOptions`. @default dialled as they are
   */
  readonly addressMap?: AddressMap
  /** ACL user of the data nodes; a URL's wins. @default none */
  readonly username?: Credential
  /** Password of the data nodes; a URL's wins. @default none */
  readonly password?: Credential
  /**
   * `true`, or node:tls options. `ca`, `cert` and `key` are PEM or paths of PEM files, which are read again once they have
   * changed. @default from the URL's scheme
   */
  readonly tls?: boolean | TlsOptions
  /** Database number; a URL's wins. @default 0 */
  readonly database?: number
  /** Shown by CLIENT LIST. @default none */
  readonly clientName?: string
  /** TCP, TLS, HELLO and SELECT together, in ms or as a literal. @default '1s' */
  readonly connectTimeout?: Duration
  /**
   * How long a node may be silent before a read is also asked of another node that is up, in ms or as a literal; a
   * given value is exact. @default the longer of 50 ms and four times the round trip that was seen
   */
  readonly attemptTimeout?: Duration
  /** Everything a read may take, retries and waiting included; in ms or as a literal. @default '1s' */
  readonly readDeadline?: Duration
  /** Everything a write may take, retries and waiting included; in ms or as a literal. @default '5s' */
  readonly writeDeadline?: Duration
  /** Longest hold of writes while a failover is under way, in ms or as a literal; 0 is off. @default '3s' */
  readonly holdTimeout?: Duration
  /** How far a replica may be behind its primary and still answer reads, in ms or as a literal. @default however far */
  readonly maxLag?: Duration
  /**
   * Replicas that must have a write before it counts as done, by WAIT; else InsufficientReplicasError, and the write
   * stays. Everything on the primary's connection waits for the slowest of them. @default 0
   */
  readonly minReplicas?: number
  /**
   * Writes wait when no majority of sentinels has answered for this long, in ms or as a literal: ours may be the wrong
   * side of a partition. @default never
   */
  readonly fenceAfter?: Duration
  /** What may wait on one connection; then OverflowError. @default { commands: 65536, bytes: 67108864 } */
  readonly maxPending?: { readonly commands?: number; readonly bytes?: number }
  /**
   * Which role answers reads, `'nearest'` (the shortest round trip), `'zone'` (our availability zone first), or a function,
   * such as `readFrom.subnet` makes.
   * @default 'replicaPreferred' for clients 'sentinel' and 'cluster', for shards that are Sentinel services, and for lists of
   * a primary and replicas, else 'primary'
   */
  readonly readFrom?: ReadFrom
  /**
   * The availability zone in which this process runs, by the name that the servers' setting `availability-zone` has for it;
   * `readFrom: 'zone'` goes by it. @default not known
   */
  readonly zone?: string
  /** How long after an own write its key is read from the primary, in ms or as a literal; 0 is off. @default '1s' */
  readonly readYourWrites?: Duration
  /** Put before every key. @default '' */
  readonly prefix?: string
  /** Part of every key; a whole number from 0. @default 1 */
  readonly version?: number
  /** Makes the server's key of a user's, and of patterns. @default prefix:version:key */
  readonly keyFunction?: KeyFunction
  /** The way back, for `keys` and `iterKeys`. @default the text behind prefix and version */
  readonly reverseKeyFunction?: ReverseKeyFunction
  /** How long values are kept, in ms or as a literal; `null` is for ever. @default '5m' */
  readonly ttl?: Duration | null
  /** An outage is a miss, and so is a stored value that cannot be read. @default false: they are errors */
  readonly failSafe?: boolean
  /** Hears of what was survived, at most once a second of each kind. @default none */
  readonly onError?: (error: unknown, context: ReportContext) => void
  /** Where that is logged; `console` will do. @default process.emitWarning, where there is no `onError` either */
  readonly logger?: Logger
  /**
   * Patterns of the keys that may stand in the contexts of the diagnostics channels, as `keys()` takes them: `['page:*']`.
   * @default none: they tell how many keys there are
   */
  readonly traceKeys?: readonly string[]
  /**
   * How many deletes and invalidations that are issued while their server cannot be used are kept, and for how long; they
   * are sent when it can be used again. `false` keeps none. Caches of the same servers and database share it.
   * @default 10,000 of them, for ten minutes
   */
  readonly recovery?: RecoveryOptions | false
  /**
   * Holds values in this process as well, in front of any client of servers, and drops them as soon as a server announces
   * that they have changed; `true` or options. On `memory://`, where everything is in this process, only its `clone`,
   * `maxEntries` and `maxBytes` mean something. @default false
   */
  readonly near?: boolean | NearOptions
  /**
   * How `memory://` hands out its values: `'structured'`, each caller gets an object of its own, `'freeze'`, all get one that
   * is frozen, or `'none'`, all get one. @default that of `near` where it is given, else 'structured'
   */
  readonly clone?: CloneMode
  /** How long `close()` waits for what runs, in ms or as a literal. @default '2s' */
  readonly closeTimeout?: Duration
}

/**
 * The caches: start at {@link createCaches}, and {@link Cache} for what they do.
 * @module valkey-cache
 */
export { Cache, type CacheEvents } from './cache/cache.js'
export type { Field } from './cache/input.js'
export type {
  BatchOptions,
  CallOptions,
  CommandOptions,
  GetOptions,
  GetOrSetOptions,
  InvalidateOptions,
  FieldTtlOptions,
  IncrementOptions,
  Loader,
  LoaderContext,
  ManyLoader,
  ManyLoaderContext,
  MemberScanOptions,
  RangeOptions,
  NearReadOptions,
  ReadOptions,
  ScanOptions,
  ScoreRangeOptions,
  SetOptions,
  SetManyOptions,
  StoreOptions,
  TaggedReadOptions,
  TtlOptions,
  Unanswered,
  UseOptions,
  WithScoresOptions,
  WriteOptions,
  ZaddOptions,
} from './cache/options.js'
export type { LoadOptions } from './cache/load-policy.js'
export type { Pipeline, PipelineResults } from './cache/pipeline.js'
export type { ScoreBound } from './cache/scores.js'
export type { LockOptions } from './cache/lock-options.js'
export type { Lock } from './cache/lock.js'
export type { CloneMode, NearOptions } from './cache/near/options.js'
export type { FlushCause, NearStats } from './cache/near/stats.js'
export type { CacheStats, TierStats } from './cache/stats.js'
export type { RecoveryOptions } from './cache/recovery/options.js'
export type { SchemaPath, SchemaResult, StandardSchema } from './cache/standard-schema.js'
export type { Ttl } from './cache/ttl.js'
export type { TypedCache, TypedDefinition } from './cache/typed.js'
export type { AnyFunction, WrapOptions, Wrapped, WrappedOptions } from './cache/wrap.js'
export type {
  CallOptions as ClientCallOptions,
  LeaseOptions,
  Client,
  ClientFactory,
  LocalEntry,
  NodeSnapshot,
  ReplySource,
  ReplySources,
  ShardSnapshot,
  TimeSource,
  TopologySnapshot,
  TrackingListener,
} from './clients/client.js'
export type { Call, Division, Execute, GroupOf, Intent, KeptWrite, Request, Value } from './clients/command.js'
export type { ScanFrom, ScanStep } from './clients/commands/scan.js'
export type { OwnCommandOptions, OwnConnection } from './clients/own-connection.js'
export type { ChannelListener, Subscription } from './clients/subscriptions.js'
export { readFrom, type ReadFromMakers } from './clients/routing/subnet.js'
export type { Word } from './clients/words.js'
export type { Decoder } from './codec/choices.js'
export type { Compressor } from './codec/compressor.js'
export type { CompressorName, DecompressorName } from './codec/compressors/index.js'
export type { EncryptionKey, EncryptionOptions } from './codec/encryption-options.js'
export type { CodecOptions, Format } from './codec/options.js'
export type { Serializer } from './codec/serializer.js'
export type { SerializerName } from './codec/serializers/index.js'
export {
  pickleSerializer,
  PyBytearray,
  PyDate,
  PyDateTime,
  PyDecimal,
  PyFrozenset,
  PyHerdMarker,
  PyOrderedDict,
  PySafeString,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  PyUuid,
  PyZoneInfo,
  type PickleSerializer,
  type PyTimedeltaParts,
  type PyTimeParts,
  type PyTzinfo,
} from './codec/serializers/pickle/index.js'
export type { PickleProtocol } from './codec/serializers/pickle/writer.js'
export { msgspecJson } from './codec/serializers/msgspec-json.js'
export { richJson } from './codec/serializers/rich-json.js'
export { createCaches, type Caches } from './config/create-caches.js'
export type { CacheOptions, SentinelAddress, SentinelOptions } from './config/options.js'
export type { AddressMap } from './connection/address-map.js'
export {
  addressOf,
  ErrorReply,
  type Address,
  type Connection,
  type ClockReading,
  type EncodedCommand,
  type ExecuteOptions,
  type Progress,
  type NodeTarget,
  type Push,
  type Reply,
  type Role,
} from './connection/connection.js'
export type { ConnectionFactory } from './connection/factory.js'
export { MultiplexedPool } from './connection/multiplexed-pool.js'
export type { NodeState } from './connection/node.js'
export type { Credential, TlsOptions } from './connection/options.js'
export type { Lease, LeaseLimits, Pool, PoolFactory, PoolHealth, PoolOptions, PoolTarget } from './connection/pool.js'
export type { ServerClock } from './connection/server-clock.js'
export type { TrackingMode } from './connection/tracking.js'
export {
  AuthenticationError,
  CacheError,
  ClosedError,
  ClusterUnreachableError,
  CodecError,
  type CodecErrorOptions,
  type CodecFault,
  CommandError,
  CommandTimeoutError,
  ConfigurationError,
  ConnectionError,
  ConnectionInterruptedError,
  CrossSlotError,
  InsufficientReplicasError,
  KeyError,
  KeyNotFoundError,
  LockError,
  LockNotAcquiredError,
  LockNotOwnedError,
  OverflowError,
  PoolTimeoutError,
  PrimaryNotFoundError,
  ProtocolError,
  ReadOnlyCacheError,
  ReplicaNotFoundError,
  RoleMismatchError,
  SchemaError,
  SentinelUnreachableError,
  TopologyError,
  UnknownServiceError,
  UnsupportedError,
  type CacheErrorOptions,
  type CommandTimeoutErrorOptions,
  type ConnectionInterruptedErrorOptions,
  type SchemaIssue,
} from './errors.js'
export type { Key, KeyFunction, ReverseKeyFunction } from './keys/key-maker.js'
export type { NodeStats, PoolUsage } from './telemetry/call-meters.js'
export type { LatencyStats } from './telemetry/histogram.js'
export type { MeterStats } from './telemetry/meter.js'
export type {
  BatchTrace,
  CacheTrace,
  CommandTrace,
  ConnectTrace,
  LoadTrace,
  ReadOutcome,
} from './telemetry/channels.js'
export type { TraceError, Traced } from './telemetry/trace.js'
export type { Logger, ReportContext, ReportKind } from './telemetry/reporter.js'
export type { ReadCandidate, ReadFrom, ReadFromFunction, ReadFromName } from './topology/read-from.js'
export type { SentinelClaim, SwitchCause, TopologyEvent } from './topology/events.js'
export type { Duration, Milliseconds } from './units.js'

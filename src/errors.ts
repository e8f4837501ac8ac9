/** What every error of this package has: a code to match on, whether trying again may help, and what caused it. */
export interface CacheErrorOptions {
  /** What was thrown below it. @default none */
  readonly cause?: unknown
  /** Whether the same call may succeed later without a change by its caller. @default false */
  readonly retryable?: boolean
}

/** The root of every error that this package raises. Match on the class or on `code`, never on the text. */
export class CacheError extends Error {
  readonly code: string = 'E_CACHE'
  readonly retryable: boolean
  /** Whether the call was a delete or an invalidation that is kept: it runs when its server can be used again (`recovery`). */
  readonly kept: boolean = false

  constructor(message: string, { cause, retryable = false }: CacheErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.retryable = retryable
  }
}

/** An option that cannot be used; raised when the caches are made, never at first use. */
export class ConfigurationError extends CacheError {
  override readonly code = 'E_CONFIG'
  /** Where the value stands, for example `caches.default.sentinels[0].port`. */
  readonly path: string

  constructor(path: string, problem: string, options?: CacheErrorOptions) {
    super(`${path}: ${problem}`, options)
    this.path = path
  }
}

/** A key that cannot be a key. */
export class KeyError extends CacheError {
  override readonly code = 'E_KEY'
}

/** A call that needs an existing key was made for a key that does not exist. */
export class KeyNotFoundError extends CacheError {
  override readonly code = 'E_KEY_NOT_FOUND'
  readonly key: string

  /** @param advice what to do instead */
  constructor(key: string, advice = 'set it first, or pass { create: true }') {
    super(`Key '${key}' not found: ${advice}.`)
    this.key = key
  }
}

/** What a CodecError is due to. */
export type CodecFault = 'value' | 'setup'

/** What a CodecError has besides its stage and its text. */
export interface CodecErrorOptions extends CacheErrorOptions {
  /** See {@link CodecError.fault}. @default 'value' */
  readonly fault?: CodecFault
}

/** A value that could not be encoded or decoded. */
export class CodecError extends CacheError {
  override readonly code = 'E_CODEC'
  /**
   * What has to change: `'value'`, the value or the stored bytes; `'setup'`, the program or its options, since a
   * serializer or compressor of your own threw a TypeError or a ReferenceError, or a key of `encryption` is missing.
   */
  readonly fault: CodecFault
  /** The step that failed: `serialize`, `compress`, or on the way back `decode` (the frame), `decrypt`, `decompress`, `deserialize`. */
  readonly stage: string

  constructor(stage: string, problem: string, { fault = 'value', ...options }: CodecErrorOptions = {}) {
    super(`${stage}: ${problem}`, options)
    this.stage = stage
    this.fault = fault
  }
}

/** Anything that goes wrong between us and one server. */
export class ConnectionError extends CacheError {
  override readonly code: string = 'E_CONNECTION'
  /** The server, as `host:port`. */
  readonly address: string

  constructor(address: string, problem: string, options?: CacheErrorOptions) {
    super(`${address}: ${problem}`, { retryable: true, ...options })
    this.address = address
  }
}

/** What a {@link ConnectionInterruptedError} may say beside what every error has. */
export interface ConnectionInterruptedErrorOptions extends CacheErrorOptions {
  /** What happened instead. @default that the connection was lost */
  readonly problem?: string
}

/** The connection was lost before the reply came, or the reply came so late that it says nothing. */
export class ConnectionInterruptedError extends ConnectionError {
  override readonly code = 'E_INTERRUPTED'
  /** Whether the command had been handed to the socket: it may have run. */
  readonly sent: boolean

  constructor(
    address: string,
    sent: boolean,
    { problem = 'connection lost', ...options }: ConnectionInterruptedErrorOptions = {},
  ) {
    const fate = sent ? 'the command had been sent and may have run' : 'the command had not been sent'
    super(address, `${problem}, ${fate}${causeText(options.cause)}.`, options)
    this.sent = sent
  }
}

/** No connection became free in time. */
export class PoolTimeoutError extends ConnectionError {
  override readonly code = 'E_POOL_TIMEOUT'
}

/** Too many commands wait on one connection (`maxPending`). */
export class OverflowError extends ConnectionError {
  override readonly code = 'E_OVERFLOW'
}

/** The server sent bytes that are not RESP, or more than it may. */
export class ProtocolError extends ConnectionError {
  override readonly code = 'E_PROTOCOL'
}

/** The server refuses our credentials or what they are allowed to do (WRONGPASS, NOAUTH, NOPERM). */
export class AuthenticationError extends ConnectionError {
  override readonly code = 'E_AUTH'

  constructor(address: string, problem: string, options?: CacheErrorOptions) {
    super(address, problem, { ...options, retryable: false })
  }
}

/** The server is reachable and is not what it has to be: evidence that the topology changed. */
export class RoleMismatchError extends ConnectionError {
  override readonly code = 'E_ROLE'
  /** What it had to be. */
  readonly expected: string
  /** What it says of itself. */
  readonly actual: string

  constructor(address: string, expected: string, actual: string) {
    super(address, `is a ${actual} and a ${expected} is needed.`)
    this.expected = expected
    this.actual = actual
  }
}

/** The caches, or the connection, were closed. */
export class ClosedError extends ConnectionError {
  override readonly code = 'E_CLOSED'

  constructor(address: string, options?: CacheErrorOptions) {
    super(address, 'is closed; make new caches to go on.', { ...options, retryable: false })
  }
}

/** What Sentinel or a cluster knows does not lead to a server that can be used. */
export class TopologyError extends CacheError {
  override readonly code: string = 'E_TOPOLOGY'
  /** The name that the sentinels monitor the servers under; in a cluster the nodes that the location names. */
  readonly serviceName: string
  /** Who was asked and what came of it, one text each. */
  readonly tried: readonly string[]

  constructor(serviceName: string, problem: string, tried: readonly string[], options?: CacheErrorOptions) {
    super(`${problem}${tried.length > 0 ? ` (${tried.join(', ')})` : ''}.`, { retryable: true, ...options })
    this.serviceName = serviceName
    this.tried = tried
  }
}

/** No usable primary within the deadline. */
export class PrimaryNotFoundError extends TopologyError {
  override readonly code = 'E_PRIMARY_NOT_FOUND'

  constructor(serviceName: string, tried: readonly string[], options?: CacheErrorOptions) {
    super(serviceName, `No usable primary for "${serviceName}"; see whether a failover is under way`, tried, options)
  }
}

/** No usable replica within the deadline, and the primary was not allowed to answer. */
export class ReplicaNotFoundError extends TopologyError {
  override readonly code = 'E_REPLICA_NOT_FOUND'

  constructor(serviceName: string, tried: readonly string[], options?: CacheErrorOptions) {
    super(
      serviceName,
      `No usable replica for "${serviceName}"; start one, or read with 'replicaPreferred'`,
      tried,
      options,
    )
  }
}

/** None of the sentinels answered. */
export class SentinelUnreachableError extends TopologyError {
  override readonly code = 'E_SENTINEL_UNREACHABLE'

  constructor(serviceName: string, tried: readonly string[], options?: CacheErrorOptions) {
    super(
      serviceName,
      `No sentinel of "${serviceName}" answers; check the hosts, ports and credentials in sentinels`,
      tried,
      options,
    )
  }
}

/** Sentinels answered, and none of them monitors this service. */
export class UnknownServiceError extends TopologyError {
  override readonly code = 'E_UNKNOWN_SERVICE'

  constructor(serviceName: string, tried: readonly string[], options?: CacheErrorOptions) {
    super(
      serviceName,
      `No sentinel knows the service "${serviceName}"; check the name in location (case counts)`,
      tried,
      options,
    )
  }
}

/** No node of the cluster told which nodes serve which slots. */
export class ClusterUnreachableError extends TopologyError {
  override readonly code = 'E_CLUSTER_UNREACHABLE'

  /** @param seeds the nodes that the location names */
  constructor(seeds: string, tried: readonly string[], options?: CacheErrorOptions) {
    super(seeds, `No node of the cluster at ${seeds} answers; check the hosts and ports in location`, tried, options)
  }
}

/** The server answered a command with an error. */
export class CommandError extends CacheError {
  override readonly code: string = 'E_COMMAND'
  /** The command's name, for example `INCRBY`. */
  readonly command: string
  /** The server's text, for example `WRONGTYPE Operation against a key …`. */
  readonly reply: string

  constructor(command: string, reply: string, options?: CacheErrorOptions) {
    super(`${command}: ${reply}`, options)
    this.command = command
    this.reply = reply
  }
}

/** Keys of one command lie in different slots of a cluster, or may lie on different shards: no server has all of them. */
export class CrossSlotError extends CommandError {
  override readonly code = 'E_CROSS_SLOT'
}

/** What a {@link CommandTimeoutError} may say beside what every error has. */
export interface CommandTimeoutErrorOptions extends CacheErrorOptions {
  /** What was waited for in vain, such as `the loader has not ended`. @default that there was no reply */
  readonly problem?: string
  /** The server that was asked, as `host:port`. @default not known */
  readonly address?: string | undefined
}

/** The deadline was over before the call had ended. */
export class CommandTimeoutError extends CacheError {
  override readonly code = 'E_TIMEOUT'
  readonly command: string
  /** How long it was waited, in ms. */
  readonly after: number
  /** Whether it had been handed to a socket: it may have run. */
  readonly sent: boolean
  /** The server that was asked, as `host:port`; `undefined` when it was not for one server to answer, or none was asked. */
  readonly address: string | undefined

  constructor(
    command: string,
    after: number,
    sent: boolean,
    { problem, address, ...options }: CommandTimeoutErrorOptions = {},
  ) {
    const time = `within ${Math.round(after)} ms`
    const fate = sent ? 'it was sent and may have run' : 'it was not sent'
    const from = address === undefined ? '' : ` from ${address}`
    const text = problem === undefined ? `no reply${from} ${time}, ${fate}` : `${problem} ${time}`
    super(`${command}: ${text}${causeText(options.cause)}.`, { retryable: true, ...options })
    this.command = command
    this.after = after
    this.sent = sent
    this.address = address
  }
}

/** A write on a cache that reads replicas only. */
export class ReadOnlyCacheError extends CacheError {
  override readonly code = 'E_READ_ONLY'
}

/** The primary has too few replicas to accept the write (NOREPLICAS). */
export class InsufficientReplicasError extends CommandError {
  override readonly code = 'E_REPLICAS'
}

/** A lock that is not as the call needs it. */
export class LockError extends CacheError {
  override readonly code: string = 'E_LOCK'
  /** The lock's key, as its user wrote it. */
  readonly key: string

  constructor(key: string, problem: string, options?: CacheErrorOptions) {
    super(`Lock '${key}' ${problem}`, options)
    this.key = key
  }
}

/** Somebody else held the lock for as long as `acquire` waited. */
export class LockNotAcquiredError extends LockError {
  override readonly code = 'E_LOCK_NOT_ACQUIRED'

  constructor(key: string, problem: string, options?: CacheErrorOptions) {
    super(key, problem, { retryable: true, ...options })
  }
}

/** The lock is not ours, or not any more: somebody else may have entered what it guards. */
export class LockNotOwnedError extends LockError {
  override readonly code = 'E_LOCK_NOT_OWNED'
}

/** One thing that a schema does not accept. */
export interface SchemaIssue {
  /** Where it stands in the value, for example `address.lines.0`; empty for the value itself. */
  readonly path: string
  /** The validator's own words, which may repeat the value. */
  readonly message: string
}

/** A value that its schema does not accept, so that it was not stored. */
export class SchemaError extends CacheError {
  override readonly code = 'E_SCHEMA'
  /** The key as the server knows it. */
  readonly key: string
  readonly #issues: readonly SchemaIssue[]

  constructor(key: string, issues: readonly SchemaIssue[], options?: CacheErrorOptions) {
    const paths = [...new Set(issues.map(({ path }) => (path === '' ? 'the value itself' : `'${path}'`)))]
    super(`The value of '${key}' does not fit its schema at ${paths.join(', ')}; see issues.`, options)
    this.key = key
    this.#issues = issues
  }

  /** All of them; not shown where the error is printed, for they may repeat the value. */
  get issues(): readonly SchemaIssue[] {
    return this.#issues
  }
}

/** Not available here; the message says why, or what to use instead. */
export class UnsupportedError extends CacheError {
  override readonly code = 'E_UNSUPPORTED'
}

function causeText(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message.replace(/\.$/, '')})` : ''
}

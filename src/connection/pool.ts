import type { Milliseconds } from '../units.js'
import type { Connection, EncodedCommand, ExecuteOptions, NodeTarget, Push, Reply, Role } from './connection.js'
import type { PoolUsage } from '../telemetry/call-meters.js'
import type { ConnectionFactory } from './factory.js'
import type { ServerClock } from './server-clock.js'

/** What a connection of one's own may ask for. */
export interface LeaseLimits extends ExecuteOptions {
  /** Whether it counts among the pool's `leases`; the one connection for the subscriptions of a client does not. @default true */
  readonly counted?: boolean | undefined
}

/** A connection of one's own, for blocking commands, MULTI, WAIT and subscriptions. */
export interface Lease {
  readonly connection: Connection
  /** Ends the connection: nothing of its state can reach the next user. May be called twice. */
  release(): void
}

/** The connections to one node. */
export interface Pool {
  /** Commands that occupy it; the measure for choosing the least busy node. */
  readonly pending: number
  /** Whether a shared connection is open. */
  readonly connected: boolean
  /** How many connections there are, and who waits for one. @default it is not known */
  readonly usage?: PoolUsage
  /** What is seen of the server's health. @default it is well whenever a connection is open */
  readonly health?: PoolHealth
  /** Resolves when a connection is open; at most one is being opened at a time. */
  connect(): Promise<void>
  /**
   * Opens a new connection by the same name, and uses it in place of the others if the server behind it has the role.
   * @default the connections stay as they are
   */
  renew?(role: Role): Promise<void>
  /**
   * Runs one command on a shared connection; waits for one within the deadline.
   * @throws {CacheError} as {@link Connection.execute}, or as {@link ConnectionFactory.connect}
   */
  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply>
  /** As {@link execute}, for a caller who has a promise already. @default by `execute` */
  submit?(
    command: EncodedCommand,
    options: ExecuteOptions,
    resolve: (reply: Reply) => void,
    reject: (reason: unknown) => void,
  ): void
  /** Runs commands next to each other on one shared connection; error replies stand in the result. */
  batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]>
  /**
   * Opens a connection of the caller's own; waits within the deadline while as many are in use as there may be.
   * @throws {PoolTimeoutError} E_POOL_TIMEOUT none became free in time
   */
  lease(options: LeaseLimits): Promise<Lease>
  /** Hears what servers send on shared connections, with the connection's generation; returns how to stop. */
  onPush(listener: (push: Push, generation: number) => void): () => void
  /** Called when a shared connection is lost, with its generation. */
  onLost(listener: (reason: Error, generation: number) => void): () => void
  /** Takes no more commands, finishes those that run, then ends the sockets. */
  close(): Promise<void>
  /** Drops the sockets now. */
  destroy(reason?: Error): void
}

/** What a pool sees of its server's health; every time is on the loop clock. */
export interface PoolHealth {
  /** How long nothing has come on the best of the sockets although a command waits for its reply, in ms. */
  readonly silence: Milliseconds
  /** Whether the server is busy or frozen: silent, and a second connection was not answered either. */
  readonly unresponsive: boolean
  /** Whether the server holds back our writes, as CLIENT PAUSE WRITE does, while it answers others. */
  readonly writesPaused: boolean
  /** How long a round trip takes, in ms; a moving average, `undefined` before the first. */
  roundTrip: Milliseconds | undefined
  /** The server's clock, as new connections learn it. @default it is learned by the heartbeat alone */
  readonly clock?: ServerClock
  /**
   * The server's availability zone as its reply to HELLO says, `''` for none; `undefined` where that does not tell it.
   * @default the server is asked by INFO
   */
  readonly zone?: string | undefined
  /** The IP address that the last connection leads to. @default not known */
  readonly ip?: string | undefined
  /** Called when `unresponsive` or `writesPaused` has changed. */
  onChange(listener: () => void): () => void
  /** Calls the listener at the next sign of life. */
  onceHeard(listener: () => void): void
}

/** Settings that a pool gets from its cache. */
export interface PoolOptions {
  /** The most multiplexed connections to one node. @default 1 */
  readonly connections: number
  /** The most connections of callers' own (leases) to one node at a time; subscriptions do not count. @default 64 */
  readonly leases: number
}

/** Makes the pool of one node: the seam for your own pooling. */
export type PoolFactory = (target: PoolTarget, factory: ConnectionFactory, options: PoolOptions) => Pool

/** A node and the role that its connections must prove; `undefined` when any will do. */
export interface PoolTarget extends NodeTarget {
  readonly role: Role | undefined
}

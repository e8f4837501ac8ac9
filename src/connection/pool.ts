import type { Connection, EncodedCommand, ExecuteOptions, NodeTarget, Push, Reply, Role } from './connection.js'
import type { ConnectionFactory } from './factory.js'

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
  /** Resolves when a connection is open; at most one is being opened at a time. */
  connect(): Promise<void>
  /**
   * Runs one command on a shared connection; waits for one within the deadline.
   * @throws {CacheError} as {@link Connection.execute}, or as {@link ConnectionFactory.connect}
   */
  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply>
  /** Runs commands next to each other on one shared connection; error replies stand in the result. */
  batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]>
  /** Opens a connection of the caller's own. */
  lease(options: ExecuteOptions): Promise<Lease>
  /** Hears what servers send on shared connections, with the connection's generation; returns how to stop. */
  onPush(listener: (push: Push, generation: number) => void): () => void
  /** Called when a shared connection is lost, with its generation. */
  onLost(listener: (reason: Error, generation: number) => void): () => void
  /** Takes no more commands, finishes those that run, then ends the sockets. */
  close(): Promise<void>
  /** Drops the sockets now. */
  destroy(reason?: Error): void
}

/** Settings that a pool gets from its cache. */
export interface PoolOptions {
  /** Most multiplexed connections to one node. @default 1 */
  readonly connections: number
}

/** Makes the pool of one node: the seam for your own pooling. */
export type PoolFactory = (target: PoolTarget, factory: ConnectionFactory, options: PoolOptions) => Pool

/** A node and the role that its connections must prove; `undefined` when any will do. */
export interface PoolTarget extends NodeTarget {
  readonly role: Role | undefined
}

import type { Push } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { ReadFrom } from '../../topology/read-from.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { Milliseconds } from '../../units.js'
import type { TimeSource, TopologySnapshot } from '../client.js'
import type { Request } from '../command.js'

/** One call on its way through its attempts. */
export interface CallContext {
  /** Its place among all calls of its cache, in the order in which they were made. */
  readonly sequence: number
  /** When it was made, on the loop clock, in ms. */
  readonly started: Milliseconds
  /** When it is over, on the loop clock, in ms. */
  readonly deadline: Milliseconds
  /** How long a reply may take to begin before its node is in doubt, in ms; `undefined`: as is usual for the node. */
  readonly attemptTimeout: Milliseconds | undefined
  readonly signal: AbortSignal | undefined
  readonly readFrom: ReadFrom
  /** Whether it reads what this cache wrote lately: a node in doubt is better than a replica. */
  readonly own: boolean
  /** Nodes that failed it already. */
  readonly tried: ReadonlySet<Node>
  /** Why the last attempt failed, if one did. */
  readonly refusal: unknown
}

/** Which node serves a call. The only thing in which the clients differ. */
export interface Router {
  /** The server or service that it leads to, for messages. */
  readonly name: string
  /** A promise while there is no node to use: it waits for one within the deadline, then rejects with what is wrong. */
  pick(request: Request, context: CallContext): Node | Promise<Node>
  /** Whether other nodes serve such a read as well, even if none of them can just now. */
  hasOthers(request: Request, context: CallContext, node: Node): boolean
  /** The other nodes that may answer a read of which a node has not begun to answer, and can now. */
  others(request: Request, context: CallContext, node: Node): readonly Node[]
  /** Whether the primary was promoted so lately that its replicas may still follow the one before. */
  readonly settling: boolean
  /** What time it is on the primary's clock, or where any will do on a replica's, in ms since 1970; `undefined`: not known. */
  serverTime(clock: TimeSource): Milliseconds | undefined
  /** Takes a failed attempt as evidence. */
  failed(node: Node, error: unknown): void
  /**
   * A server's state refused writes, which will be picked for again: sends no write to any node until `answered`, when
   * every write on its way has its answer, and a pause is over. Then the first is tried, and when it has run all leave
   * in the order in which they were made.
   */
  holdWrites(answered: Promise<void>, node: Node): void
  /** A write ran, or may have: older ones of the same keys that were refused and wait must not run any more. */
  ran(keys: readonly string[], sequence: number): void
  /** Whether the primary is connected and answers. */
  readonly usable: boolean
  /** Calls the listener each time the primary can be used again; returns the function that stops it. */
  onUsable(listener: () => void): () => void
  topology(): TopologySnapshot
  onTopology(listener: (event: TopologyEvent) => void): () => void
  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void
  /**
   * What came by this connection of the node, or an older one, is followed by no push any more; `Infinity` for all of its
   * connections: also when the node is silent, for its pushes may have no way to us, and when it is a replica that is
   * ejected, for they may be late without a bound.
   */
  onLost(listener: (node: Node, generation: number) => void): () => void
  close(): Promise<void>
  destroy(reason: Error): void
}

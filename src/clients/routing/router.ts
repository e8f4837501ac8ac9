import type { Push } from '../../connection/connection.js'
import type { Node } from '../../connection/node.js'
import type { ReadFrom } from '../../topology/read-from.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { Milliseconds } from '../../units.js'
import type { TopologySnapshot } from '../client.js'
import type { Request } from '../command.js'

/** One call on its way through its attempts. */
export interface CallContext {
  /** When it is over, on the monotonic clock, in ms. */
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
  readonly readFrom: ReadFrom
  /** Nodes that failed it already. */
  readonly tried: ReadonlySet<Node>
}

/** Which node serves a call. The only thing in which the clients differ. */
export interface Router {
  /** The server or service that it leads to, for messages. */
  readonly name: string
  /** A promise while there is no node to use: it waits for one within the deadline, then rejects with what is wrong. */
  pick(request: Request, context: CallContext): Node | Promise<Node>
  /** Whether the primary was promoted so lately that its replicas may still follow the one before. */
  readonly settling: boolean
  /** Takes a failed attempt as evidence. */
  failed(node: Node, error: unknown): void
  topology(): TopologySnapshot
  onTopology(listener: (event: TopologyEvent) => void): () => void
  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void
  /** What came by this connection of the node, or an older one, is followed by no push any more. */
  onLost(listener: (node: Node, generation: number) => void): () => void
  close(): Promise<void>
  destroy(reason: Error): void
}

import type { Connection, EncodedCommand, ExecuteOptions, Reply } from '../connection/connection.js'
import { loopClock } from '../connection/deadlines.js'
import type { Node } from '../connection/node.js'
import { InsufficientReplicasError } from '../errors.js'
import type { Milliseconds } from '../units.js'

/** How commands are sent on a connection, and their replies. */
type Send<Out> = (connection: Connection) => Promise<Out>

interface Waiting {
  readonly deadline: Milliseconds
  readonly send: (connection: Connection) => Promise<unknown>
  readonly done: (reply: Promise<unknown>, acknowledged: Promise<Reply>) => void
  readonly fail: (reason: unknown) => void
}

/**
 * Writes that so many replicas must have before they count as done.
 * They have a connection of their own to each node, since WAIT holds up whatever stands behind it. Writes that are
 * ready together share one WAIT; the next ones leave when it is answered.
 */
export class DurableWrites {
  readonly #replicas: number
  readonly #lines = new Map<Node, Line>()
  readonly #unanswered = new Map<string, Promise<unknown>>()

  constructor(replicas: number) {
    this.#replicas = replicas
  }

  /** @throws {InsufficientReplicasError} E_REPLICAS fewer have it, or the server does not say */
  async write<Out>(
    { name, keys }: { readonly name: string; readonly keys: readonly string[] },
    node: Node,
    limits: ExecuteOptions,
    send: Send<Out>,
  ): Promise<Out> {
    const { reply, acknowledged } = await this.#line(node).add(limits, send)
    this.#note(keys, reply)
    const out = await reply
    checkReplicas(name, await acknowledged.catch((error: unknown) => error), this.#replicas)
    return out
  }

  /** Resolves when the writes of these keys that are on their way have their replies: reads have another connection. */
  async answered(keys: readonly string[]): Promise<void> {
    if (this.#unanswered.size === 0) return
    const writes = keys.flatMap((key) => this.#unanswered.get(key) ?? [])
    await Promise.allSettled(writes)
  }

  /** Drops the connections. */
  destroy(): void {
    for (const line of this.#lines.values()) line.destroy()
  }

  #line(node: Node): Line {
    let line = this.#lines.get(node)
    if (line === undefined) this.#lines.set(node, (line = new Line(node, this.#replicas)))
    return line
  }

  #note(keys: readonly string[], reply: Promise<unknown>): void {
    for (const key of keys) this.#unanswered.set(key, reply)
    const forget = (): void => {
      for (const key of keys) if (this.#unanswered.get(key) === reply) this.#unanswered.delete(key)
    }
    reply.then(forget, forget)
  }
}

/** What was sent: the reply, and how many replicas have it. */
interface Sent<Out> {
  readonly reply: Promise<Out>
  readonly acknowledged: Promise<Reply>
}

/** The writes to one node, group by group. */
class Line {
  readonly #node: Node
  readonly #replicas: number
  #waiting: Waiting[] = []
  #busy = false
  #connection: Connection | undefined

  constructor(node: Node, replicas: number) {
    this.#node = node
    this.#replicas = replicas
  }

  add<Out>({ deadline }: ExecuteOptions, send: Send<Out>): Promise<Sent<Out>> {
    return new Promise((resolve, reject) => {
      const done = (reply: Promise<unknown>, acknowledged: Promise<Reply>): void =>
        resolve({ reply: reply as Promise<Out>, acknowledged })
      this.#waiting.push({ deadline, send, done, fail: reject })
      if (!this.#busy) void this.#run()
    })
  }

  destroy(): void {
    this.#connection?.destroy()
  }

  async #run(): Promise<void> {
    this.#busy = true
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      try {
        await this.#send(group, await this.#connect(group))
      } catch (error) {
        for (const { fail } of group) fail(error)
      }
    }
    this.#busy = false
  }

  async #send(group: readonly Waiting[], connection: Connection): Promise<void> {
    const earliest = Math.min(...group.map(({ deadline }) => deadline))
    const latest = Math.max(...group.map(({ deadline }) => deadline))
    const replies = group.map(({ send }) => send(connection))
    const patience = Math.max(1, Math.floor(earliest - loopClock.now() - wayBack))
    const limits = { deadline: latest, unbounded: true }
    const acknowledged = connection.execute(waitCommand(this.#replicas, patience), limits)
    acknowledged.catch(() => {})
    for (const [index, { done }] of group.entries()) done(replies[index] as Promise<unknown>, acknowledged)
    await acknowledged.catch(() => {})
  }

  async #connect(group: readonly Waiting[]): Promise<Connection> {
    if (this.#connection !== undefined) return this.#connection
    const deadline = Math.max(...group.map((waiting) => waiting.deadline))
    const { connection } = await this.#node.pool.lease({ deadline })
    this.#connection = connection
    connection.onLost(() => (this.#connection = undefined))
    return connection
  }
}

function waitCommand(replicas: number, patience: Milliseconds): EncodedCommand {
  return { args: ['WAIT', String(replicas), String(patience)], decode: 'text' }
}

/** @param acknowledged how many have it, or why the server does not say */
function checkReplicas(name: string, acknowledged: unknown, replicas: number): void {
  if (Number(acknowledged) >= replicas) return
  const found =
    acknowledged instanceof Error
      ? `how many replicas have it is not known (${acknowledged.message.replace(/\.$/, '')})`
      : `${String(acknowledged)} of ${replicas} replicas have it`
  throw new InsufficientReplicasError(name, `${found}; it was written, and a failover may lose it`)
}

/** What is left of the earliest deadline for WAIT's answer to reach us, in ms. */
const wayBack: Milliseconds = 100

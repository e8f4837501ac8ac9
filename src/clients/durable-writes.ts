import type { Connection, EncodedCommand, ExecuteOptions, Reply } from '../connection/connection.js'
import { loopClock } from '../connection/deadlines.js'
import { abortable, limited } from '../connection/limit.js'
import type { Node } from '../connection/node.js'
import { CommandTimeoutError, InsufficientReplicasError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import type { Request } from './command.js'

/** How commands are sent on a connection, and their replies. */
type Send<Out> = (connection: Connection) => Promise<Out>

/** What errors call it, and the keys that it touches. */
type Named = Pick<Request, 'name' | 'keys'>

/** What a write rejects with that waited so long, in ms. */
type Late = (waited: Milliseconds) => Error

interface Waiting {
  readonly since: Milliseconds
  readonly late: Late
  readonly limits: ExecuteOptions
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

  /**
   * Runs a write within its limits, also while it waits for those before it.
   * @throws {InsufficientReplicasError} E_REPLICAS fewer have it, or the server does not say
   */
  write<Out>({ name, keys }: Named, node: Node, limits: ExecuteOptions, send: Send<Out>): Promise<Out> {
    let isSent = false
    const { address } = node
    const late: Late = (waited) => new CommandTimeoutError(name, waited, isSent, { address })
    const sendNow: Send<Out> = (connection) => {
      isSent = true
      return send(connection)
    }
    const sending = this.#line(node).add(limits, sendNow, late)
    this.#note(keys, replied(sending))
    return inTime(this.#complete(name, sending), limits, late)
  }

  /**
   * Resolves when the writes of these keys that were made before have their replies: reads have another connection.
   * @throws {CommandTimeoutError} E_TIMEOUT the read's own deadline is over before
   */
  async answered({ name, keys }: Named, limits: ExecuteOptions): Promise<void> {
    if (this.#unanswered.size === 0) return
    const writes = keys.flatMap((key) => this.#unanswered.get(key) ?? [])
    if (writes.length === 0) return
    await inTime(Promise.all(writes), limits, (waited) => new CommandTimeoutError(name, waited, false))
  }

  /** Drops the connections. */
  destroy(): void {
    for (const line of this.#lines.values()) line.destroy()
  }

  #line(node: Node): Line {
    let line = this.#lines.get(node)
    if (line !== undefined) return line
    for (const [other, { isIdle }] of this.#lines) if (isIdle) this.#lines.delete(other)
    this.#lines.set(node, (line = new Line(node, this.#replicas)))
    return line
  }

  async #complete<Out>(name: string, sending: Promise<Sent<Out>>): Promise<Out> {
    const { reply, acknowledged } = await sending
    const out = await reply
    checkReplicas(name, await acknowledged.catch((error: unknown) => error), this.#replicas)
    return out
  }

  /** @param over resolves when the write is answered or given up */
  #note(keys: readonly string[], over: Promise<void>): void {
    for (const key of keys) {
      const all = Promise.all([this.#unanswered.get(key), over])
      this.#unanswered.set(key, all)
      void all.then(() => {
        if (this.#unanswered.get(key) === all) this.#unanswered.delete(key)
      })
    }
  }
}

/** Resolves when a write has its reply, or will have none. */
async function replied(sending: Promise<Sent<unknown>>): Promise<void> {
  try {
    await (
      await sending
    ).reply
  } catch {
    // Its caller hears of that.
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

  add<Out>(limits: ExecuteOptions, send: Send<Out>, late: Late): Promise<Sent<Out>> {
    return new Promise((resolve, reject) => {
      const done = (reply: Promise<unknown>, acknowledged: Promise<Reply>): void =>
        resolve({ reply: reply as Promise<Out>, acknowledged })
      this.#waiting.push({ since: loopClock.now(), late, limits, send, done, fail: reject })
      if (!this.#busy) void this.#run()
    })
  }

  /** Whether nothing is lost with it: a primary that was replaced needs none. */
  get isIdle(): boolean {
    return !this.#busy && this.#connection === undefined
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
        const connection = await this.#connect(group)
        await this.#send(group.filter(isWanted), connection)
      } catch (error) {
        for (const { fail } of group) fail(error)
      }
    }
    this.#busy = false
  }

  async #send(group: readonly Waiting[], connection: Connection): Promise<void> {
    if (group.length === 0) return
    const earliest = Math.min(...group.map(({ limits }) => limits.deadline))
    const latest = Math.max(...group.map(({ limits }) => limits.deadline))
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
    const deadline = Math.max(...group.map(({ limits }) => limits.deadline))
    const { connection } = await this.#node.pool.lease({ deadline })
    this.#connection = connection
    connection.onLost(() => (this.#connection = undefined))
    return connection
  }
}

/** Whether its caller still waits; if not, it is not sent. */
function isWanted({ since, late, limits: { deadline, signal }, fail }: Waiting): boolean {
  const now = loopClock.now()
  if (signal?.aborted) fail(signal.reason)
  else if (deadline <= now) fail(late(now - since))
  else return true
  return false
}

/** The promise's outcome, unless the deadline is over or the signal aborts before. */
function inTime<T>(promise: Promise<T>, { deadline, signal = never }: ExecuteOptions, late: Late): Promise<T> {
  const time = deadline - loopClock.now()
  const tooLate = (): Error => late(time)
  return limited(signal, time, tooLate, (limit) => abortable(promise, limit))
}

const never = new AbortController().signal

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

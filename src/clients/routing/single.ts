import { isPermanent } from '../../connection/back-off.js'
import type { Push, Role } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import type { Node } from '../../connection/node.js'
import type { MaxPending } from '../../connection/options.js'
import type { Loan } from '../../connection/registry.js'
import { ClosedError, CommandError, CommandTimeoutError, ConnectionError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import { plainTopology, type TopologySnapshot } from '../client.js'
import type { Request } from '../command.js'
import { CallQueue, isOrderedWrite, writeLane } from './call-queue.js'
import { Outage } from './outage.js'
import { RefusalPause } from './refusal-pause.js'
import type { CallContext, Router } from './router.js'
import { viewOf } from './snapshot.js'
import { Usability } from './usability.js'

/**
 * Everything goes to one node; it connects when it is first used, and is kept up from then on. While it is of no use
 * for `patience`, calls are refused at once. A server that refuses writes because it is a replica may be the wrong one
 * behind the name: it is connected to anew, once per pause and for all writes together.
 */
export class SingleRouter implements Router {
  readonly name: string
  readonly settling: boolean = false
  readonly #loan: Loan<Node>
  readonly #node: Node
  readonly #outage: Outage
  readonly #queue: CallQueue
  readonly #pause: RefusalPause
  readonly #usability = new Usability()
  readonly #unsubscribe: () => void
  #wanted = false
  #listening = false
  /** Why the last write did not run, where that passes. */
  #refused: CommandError | undefined
  #closed = false

  constructor(loan: Loan<Node>, patience: Milliseconds, maxPending: MaxPending) {
    this.#loan = loan
    this.#node = loan.value
    this.name = loan.value.address
    this.#outage = new Outage(patience, loopClock, () => this.#queue.fail(this.#explain))
    this.#queue = new CallQueue(this.name, maxPending, this.#choose, this.#explain)
    this.#pause = new RefusalPause(() => this.#queue.wake())
    this.#unsubscribe = this.#node.onChange(() => this.#changed())
  }

  serverTime(): Milliseconds | undefined {
    return this.#node.time
  }

  pick(request: Request, context: CallContext): Node | Promise<Node> {
    if (this.#closed) throw new ClosedError(this.name)
    if (!this.#wanted) this.#want()
    if (this.#outage.lasting) throw this.#refusal()
    if (isOrderedWrite(request)) {
      const node = this.#queue.hasWrites ? undefined : this.#choose(request, context)
      return node ?? this.#queue.wait(request, context, writeLane)
    }
    if (request.intent === 'read' && this.#queue.holdsOlderWrite(request, context))
      return this.#queue.wait(request, context, writeLane, this.#patienceOf(context))
    return this.#choose(request, context) ?? this.#queue.wait(request, context, request.intent)
  }

  hasOthers(): boolean {
    return false
  }

  others(): readonly Node[] {
    return []
  }

  failed(_: Node, error: unknown): void {
    if (error instanceof CommandError && error.retryable) this.#refused = error
  }

  holdWrites(answered: Promise<void>): void {
    const refused = this.#refused
    this.#pause.begin(answered, () => (refused && isOfReplica(refused) ? this.#renew() : Promise.resolve()))
  }

  ran(keys: readonly string[], sequence: number): void {
    this.#queue.overtake(keys, sequence)
    this.#pause.ran()
    this.#refused = undefined
  }

  get usable(): boolean {
    return this.#node.state === 'up'
  }

  onUsable(listener: () => void): () => void {
    return this.#usability.onRegained(listener)
  }

  topology(): TopologySnapshot {
    const node = viewOf(this.#node, 'primary', undefined)
    const state = this.#works ? 'steady' : 'suspect'
    const shard = { primary: node.address, replicas: [], slots: [], state } as const
    return { ...plainTopology, state, primary: node.address, nodes: [node], shards: [shard] }
  }

  onTopology(): () => void {
    return () => {}
  }

  onPush(listener: (push: Push, node: Node, generation: number) => void): () => void {
    return this.#node.pool.onPush((push, generation) => listener(push, this.#node, generation))
  }

  onLost(listener: (node: Node, generation: number) => void): () => void {
    const stops = [
      this.#node.pool.onLost((_, generation) => listener(this.#node, generation)),
      this.#node.onChange((node) => node.state === 'stalled' && listener(node, Infinity)),
      this.#onOtherRole(() => listener(this.#node, Infinity)),
    ]
    return () => stops.forEach((stop) => stop())
  }

  close(): Promise<void> {
    this.#stop()
    return this.#loan.release()
  }

  destroy(reason: Error): void {
    this.#stop()
    void this.#loan.release(reason)
  }

  /** A server that follows another one now, or follows none any more, gets other data, and may announce none of it. */
  #onOtherRole(listener: () => void): () => void {
    let known: Role | undefined
    return this.#node.onBeat(({ report: { role } }) => {
      if (known !== undefined && role !== known) listener()
      known = role
    })
  }

  /** @throws why the server will go on refusing us */
  readonly #choose = (request: Request, context: CallContext): Node | undefined => {
    const { attemptTimeout } = context
    const node = this.#node
    if (node.state !== 'up') {
      if (isPermanent(node.lastError)) throw node.lastError
      return undefined
    }
    if (!isOrderedWrite(request)) return this.#holdsUp(request, context) ? undefined : node
    if (this.#pause.active || node.pool.health?.writesPaused) return undefined
    if (node.isInDoubt(attemptTimeout)) {
      this.#listen()
      return undefined
    }
    this.#pause.leaves(node.usualPatience)
    return node
  }

  /** Whether a read would overtake a write: one that waits until the node is heard, or is about to leave. */
  #holdsUp(request: Request, context: CallContext): boolean {
    if (!this.#queue.holdsOlderWrite(request, context)) return false
    const areLeaving = !this.#pause.paused && this.#node.pool.health?.writesPaused !== true
    return areLeaving || this.#node.isInDoubt(context.attemptTimeout)
  }

  #patienceOf({ attemptTimeout }: CallContext): Milliseconds {
    return loopClock.now() + (attemptTimeout ?? this.#node.usualPatience)
  }

  /** Writes that wait because the node is in doubt leave with its next sign of life. */
  #listen(): void {
    if (this.#listening) return
    this.#listening = true
    this.#node.pool.health?.onceHeard(() => this.#changed())
  }

  #want(): void {
    this.#wanted = true
    this.#node.keepUp()
    this.#changed()
  }

  #changed(): void {
    this.#listening = false
    this.#outage.update(this.#works ? undefined : this.#node.usefulUntil)
    if (!this.#outage.lasting) this.#queue.wake()
    this.#usability.update(this.usable)
  }

  async #renew(): Promise<void> {
    await this.#node.pool.renew?.('primary').catch(() => {})
  }

  #stop(): void {
    if (this.#closed) return
    this.#closed = true
    this.#unsubscribe()
    this.#pause.stop()
    this.#outage.end()
    this.#queue.fail(() => new ClosedError(this.name))
  }

  /** One that is being connected for the first time has not failed. */
  get #works(): boolean {
    return this.#node.state === 'up' || this.#node.lastError === undefined
  }

  readonly #explain = ({ name }: Request, { refusal, started, attemptTimeout }: CallContext): Error => {
    if (refusal instanceof CommandError) return refusalOf(name, refusal)
    if (this.#node.state !== 'up') return this.#refusal()
    const isPaused = this.#node.pool.health?.writesPaused
    // What waited behind a write that is refused was not refused itself.
    if (this.#refused && !isPaused && !this.#node.isInDoubt(attemptTimeout)) return refusalOf(name, this.#refused)
    const problem = isPaused
      ? 'the server holds back writes, as CLIENT PAUSE does; it answers reads'
      : 'the server has not answered what was sent before'
    const cause = refusal ?? new ConnectionError(this.name, problem)
    return new CommandTimeoutError(name, loopClock.now() - started, false, { cause, address: this.name })
  }

  #refusal(): Error {
    const { lastError } = this.#node
    return lastError instanceof Error ? lastError : new ConnectionError(this.name, notYet)
  }
}

function refusalOf(name: string, refusal: CommandError): CommandError {
  const advice = isOfReplica(refusal)
    ? ' (the location leads to a replica, on new connections too: name the primary, or all nodes)'
    : ''
  return new CommandError(name, refusal.reply + advice, { cause: refusal, retryable: true })
}

/** Whether a server refused a write because it is a replica. */
function isOfReplica({ reply }: CommandError): boolean {
  return reply.startsWith('READONLY') || reply.startsWith('REDIRECT')
}

const notYet =
  'is not connected yet, and has not refused us: is the address right, and the way open? A deadline longer than connectTimeout lets a call see why.'

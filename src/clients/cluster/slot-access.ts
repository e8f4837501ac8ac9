import { loopClock } from '../../connection/deadlines.js'
import type { MaxPending } from '../../connection/options.js'
import { sizeOf } from '../../connection/resp/encoder.js'
import { type CacheError, ClosedError, PrimaryNotFoundError, TopologyError } from '../../errors.js'
import type { ClusterSource } from '../../topology/cluster/source.js'
import type { Milliseconds } from '../../units.js'
import type { CallOptions } from '../client.js'
import type { Call } from '../command.js'
import { refuse, type RemoteClient } from '../remote.js'
import { Outage } from '../routing/outage.js'
import type { Shards } from './shards.js'
import { SlotQueue } from './slot-queue.js'

/** What a call says of itself while it waits. */
export type Waiting = Pick<Call<unknown>, 'args' | 'intent'>

export interface SlotAccessOptions {
  readonly readDeadline: Milliseconds
  readonly writeDeadline: Milliseconds
  /** How long no node may answer before calls are told so at once, in ms; before a first sight of the cluster. */
  readonly connectTimeout: Milliseconds
  /** What may wait until it is known which node serves it. */
  readonly maxPending: MaxPending
}

/** Stands for a call that any shard can serve. */
export const anySlot = -1

/** Leads calls to the shard of their slot, at once or when there is one and it is their turn. */
export class SlotAccess {
  readonly queue: SlotQueue
  readonly #source: ClusterSource
  readonly #shards: Shards
  readonly #options: SlotAccessOptions
  readonly #outage: Outage
  #failure: CacheError | undefined
  #started: Milliseconds | undefined
  #closed = false

  constructor(source: ClusterSource, shards: Shards, options: SlotAccessOptions) {
    this.#source = source
    this.#shards = shards
    this.#options = options
    this.queue = new SlotQueue(source.name, options.maxPending, this.#isServed, this.#explain)
    this.#outage = new Outage(options.connectTimeout, loopClock, () => this.queue.fail(this.#explain))
  }

  /** Hot path: the shard that can be sent calls of the slot at once. */
  at(slot: number): RemoteClient | undefined {
    return this.queue.idle || !this.queue.holds(slot) ? this.#shards.at(slot) : undefined
  }

  /** The shard that serves a slot, once there is one and it is the call's turn. */
  async soon(slot: number, call: Waiting, options: CallOptions): Promise<RemoteClient> {
    if (this.#isServed(slot) && !this.queue.holds(slot)) return this.#servingOf(slot)
    return this.whenServed(slot, call, options, async (found) => found)
  }

  /** Waits for a shard that serves the slot, in its place among the calls of the slot. */
  whenServed<Out>(
    slot: number,
    { args, intent }: Waiting,
    options: CallOptions,
    run: (shard: RemoteClient, left: CallOptions) => Promise<Out>,
  ): Promise<Out> {
    this.#look(slot)
    if (this.#outage.lasting) return refuse(this.#explain(slot))
    const deadline = loopClock.now() + this.timeFor(intent === 'write', options)
    return new Promise((resolve, reject) => {
      const go = (): void => {
        const left = { ...options, deadline: deadline - loopClock.now() }
        run(this.#servingOf(slot), left).then(resolve, reject)
      }
      const { signal } = options
      this.queue.wait({ slot, deadline, signal, bytes: sizeOf(args), sent: undefined, go, fail: reject })
    })
  }

  /** How long a call may take, in ms. */
  timeFor(writes: boolean, { deadline }: CallOptions): Milliseconds {
    const { readDeadline, writeDeadline } = this.#options
    return deadline ?? (writes ? writeDeadline : readDeadline)
  }

  /** There is a map, or a new one. */
  changed(): void {
    this.#failure = undefined
    this.#outage.end()
    this.queue.serveAll()
  }

  /** There is no map, and why. */
  failed(error: CacheError): void {
    this.#failure = error
    if (!error.retryable) this.queue.fail(this.#explain)
    if (this.#source.current === undefined) this.#outage.update(this.#started)
  }

  /** Calls that wait do so until they are served, or their deadlines are over. */
  async close(): Promise<void> {
    await this.queue.emptied()
    this.#outage.end()
  }

  destroy(): void {
    this.#closed = true
    this.#outage.end()
    this.queue.fail(this.#explain)
  }

  #servingOf(slot: number): RemoteClient {
    const { serving } = this.#shards
    return (this.#shards.at(slot) ?? serving[Math.floor(Math.random() * serving.length)]) as RemoteClient
  }

  readonly #isServed = (slot: number): boolean =>
    slot === anySlot ? this.#shards.serving.length > 0 : this.#shards.at(slot) !== undefined

  /** Somebody needs a slot that nobody serves. */
  #look(slot: number): void {
    if (this.#started === undefined) {
      this.#started = loopClock.now()
      this.#source.start()
    } else if (!this.#isServed(slot)) this.#source.refresh()
  }

  readonly #explain = (slot: number): Error => {
    const { name, current } = this.#source
    if (this.#closed) return new ClosedError(name)
    if (current === undefined)
      return this.#failure ?? new TopologyError(name, `No map of the cluster "${name}" is known yet`, [])
    return new PrimaryNotFoundError(name, [`slot ${slot} is served by no shard`])
  }
}

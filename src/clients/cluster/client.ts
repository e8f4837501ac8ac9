import { loopClock, recentClock } from '../../connection/deadlines.js'
import { Listeners } from '../../connection/listeners.js'
import type { Loan } from '../../connection/registry.js'
import type { ErrorReply, Reply } from '../../connection/connection.js'
import { sizeOf } from '../../connection/resp/encoder.js'
import { ClosedError } from '../../errors.js'
import { slotOf } from '../../keys/slot.js'
import type { ClusterMap, ClusterSource } from '../../topology/cluster/source.js'
import type { TopologyEvent } from '../../topology/events.js'
import type { TopologyProvider } from '../../topology/provider.js'
import type { Milliseconds } from '../../units.js'
import type { CallOptions, Client, LeaseOptions, TimeSource, TopologySnapshot, TrackingListener } from '../client.js'
import type { Call, Intent } from '../command.js'
import type { ScanFrom } from '../commands/scan.js'
import type { OwnConnection } from '../own-connection.js'
import { RecentWrites } from '../recent-writes.js'
import { refuse, type ClusterPart, type RemoteClient } from '../remote.js'
import type { ChannelListener, Subscription } from '../subscriptions.js'
import type { Unfinished } from '../work.js'
import { Batches } from '../sharded/batches.js'
import { ShardedLeases } from '../sharded/leases.js'
import { executeOnAll, keysOf, wayOf } from '../sharded/way.js'
import { Operations } from './operations.js'
import { failUnfinished, Redirects } from './redirects.js'
import { scanShards } from './scan.js'
import { Shards } from './shards.js'
import { TrackingRelay } from '../tracking-relay.js'
import { anySlot, SlotAccess, type SlotAccessOptions } from './slot-access.js'
import { SlotBatches, type Place } from './slot-batches.js'
import { commonSlot, placing } from './slots-of.js'
import { subscribeInShard, type SubscribeParts } from './subscribe.js'

export interface ClusterClientOptions extends SlotAccessOptions {
  /** Makes the client of one shard; with these it works together with those of the others. */
  readonly shard: (provider: TopologyProvider, part: ClusterPart) => RemoteClient
  readonly readYourWrites: Milliseconds
}

/**
 * Commands on the shards of a cluster: each call goes to the shard that has the slot of its keys. A shard is a client of a
 * primary and its replicas, so all that such a client does holds for each shard by itself.
 */
export class ClusterClient implements Client {
  readonly #source: Loan<ClusterSource>
  readonly #recentWrites: RecentWrites
  readonly #shards: Shards
  readonly #access: SlotAccess
  readonly #operations = new Operations()
  readonly #redirects: Redirects
  readonly #batches: Batches<RemoteClient>
  readonly #leases: ShardedLeases
  readonly #listeners = new Listeners<[event: TopologyEvent]>()
  readonly #regained = new Listeners<[]>()
  readonly #tracking = new TrackingRelay()
  readonly #unsubscribe: readonly (() => void)[]
  #closed = false

  constructor(source: Loan<ClusterSource>, options: ClusterClientOptions) {
    const { value } = source
    this.#source = source
    const settling = (): boolean => this.#shards.serving.some((shard) => shard.settling)
    this.#recentWrites = new RecentWrites(options.readYourWrites, recentClock, settling)
    const part: ClusterPart = {
      redirect: (call, node, error, from) => this.#redirects.take(call, node, error, from),
      isReplaced: (reply, node, from) => this.#redirects.isReplaced(reply, node, from),
      replacedAfter: () => value.nodeTimeout,
      recentWrites: this.#recentWrites,
    }
    const tell = (event: TopologyEvent): void => this.#listeners.tell(event)
    const shards = new Shards(value, (provider) => this.#makeShard(options.shard(provider, part)), tell)
    const access = new SlotAccess(value, shards, options)
    const operations = this.#operations
    const divide = (call: Unfinished): boolean => this.#divideUnfinished(call)
    this.#shards = shards
    this.#access = access
    const moved = (slot: number): void => this.#tracking.moved(new Set([slot]))
    this.#redirects = new Redirects({ source: value, shards, queue: access.queue, operations, moved, divide })
    const slotBatches = new SlotBatches({
      operations,
      executeAgain: (call, wanted, place) => this.#executeAgain(call, wanted, place),
      learn: (text, shard) => this.#redirects.learn(text, shard),
      timeFor: (calls, wanted) => access.timeFor(calls.some(isWrite), wanted),
    })
    this.#batches = new Batches({
      name: value.name,
      placing,
      shardFor: (call) => this.#shardFor(keysOf(call)),
      execute: (call, wanted) => this.execute(call, wanted),
      send: (shard, calls, wanted) => slotBatches.send(shard, calls, wanted),
    })
    this.#leases = new ShardedLeases({
      shardFor: (key, intent, wanted) =>
        access.soon(key === undefined ? anySlot : slotOf(key), { args: ['LEASE'], intent }, wanted),
      placing,
      redirects: {
        ofPrimary: (target) => shards.ofPrimary(target),
        heed: ({ kind, slot, to }, sender) => {
          if (kind !== 'MOVED') return
          moved(slot)
          value.moved(slot, to, sender)
        },
      },
      timeFor: (intent, wanted) => access.timeFor(intent === 'write', wanted),
    })
    this.#unsubscribe = [
      value.onChange((after, events) => this.#follow(after, events)),
      value.onFailure((error) => access.failed(error)),
    ]
    if (value.current !== undefined) this.#follow(value.current, [])
  }

  /** Hot path: a call of one key whose slot is served goes to its shard at once. */
  execute<Out>(call: Call<Out>, options: CallOptions = noOptions): Promise<Out> {
    const { keys } = call
    if (keys.length === 1 && !this.#closed) {
      const shard = this.#access.at(slotOf(keys[0] as string))
      if (shard !== undefined) return shard.execute(call, options)
    }
    return this.#executeAnywhere(call, options)
  }

  batch(calls: readonly Call<unknown>[], options: CallOptions = noOptions): Promise<readonly (Reply | ErrorReply)[]> {
    if (this.#closed) return refuse(new ClosedError(this.#source.value.name))
    return this.#batches.run(calls, options)
  }

  scan<Item>(stepAt: ScanFrom<Item>, options: CallOptions = noOptions): AsyncIterable<readonly Item[]> {
    const step = stepAt('0')
    const slot = commonSlot(step.keys)
    return slot === undefined ? this.#scanAll(stepAt, step, options) : this.#scanIn(slot, stepAt, step, options)
  }

  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions = noOptions,
  ): Promise<Out> {
    if (this.#closed) return refuse(new ClosedError(this.#source.value.name))
    return this.#leases.run(intent, work, options)
  }

  serverTime(key: string, clock?: TimeSource): Milliseconds | undefined {
    return this.#shards.at(slotOf(key))?.serverTime(key, clock)
  }

  async subscribe(channel: string, listener: ChannelListener, options: CallOptions = noOptions): Promise<Subscription> {
    if (this.#closed) return refuse(new ClosedError(this.#source.value.name))
    const parts: SubscribeParts = {
      shardFor: (left) => this.#access.soon(slotOf(channel), { args: ['SSUBSCRIBE', channel], intent: 'write' }, left),
      learn: (text, shard) => this.#redirects.learn(text, shard),
    }
    return subscribeInShard(channel, listener, this.#access.timeFor(false, options), parts, options)
  }

  isUsable(key: string): boolean {
    return this.#access.at(slotOf(key))?.isUsable() === true
  }

  onUsable(listener: () => void): () => void {
    return this.#regained.add(listener)
  }

  shardOf(key: string): RemoteClient | undefined {
    return this.#shards.at(slotOf(key))
  }

  wrote(keys: readonly string[]): void {
    this.#recentWrites.note(keys)
  }

  track(listener: TrackingListener): () => void {
    return this.#tracking.add(listener)
  }

  topology(): TopologySnapshot {
    return this.#shards.topology()
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.#listeners.add(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#settled()
    this.#stop()
    await this.#shards.close()
    await this.#source.release()
  }

  destroy(reason?: Error): void {
    this.#closed = true
    this.#stop()
    const closed = new ClosedError(this.#source.value.name, { cause: reason })
    this.#access.destroy()
    this.#leases.end(closed)
    this.#shards.destroy(reason)
    void this.#source.release(reason ?? closed)
  }

  /** What is under way in one shard may be redirected to another. */
  async #settled(): Promise<void> {
    const [access, operations, shards] = [this.#access, this.#operations, this.#shards]
    do await Promise.all([access.close(), this.#leases.settled(), operations.settled(), shards.settled()])
    while (access.queue.busy || operations.busy || shards.busy)
  }

  #stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
  }

  #makeShard(shard: RemoteClient): RemoteClient {
    shard.onUsable(() => this.#regained.tell())
    shard.track(this.#tracking)
    return shard
  }

  #executeAnywhere<Out>(call: Call<Out>, options: CallOptions): Promise<Out> {
    if (this.#closed) return refuse(new ClosedError(this.#source.value.name))
    const way = wayOf(call, placing)
    switch (way.to) {
      case 'place':
        return this.#executeIn(way.place, call, options)
      case 'parts':
        return this.#batches.divided(call, way.divide, options).then((reply) => call.reply(reply))
      case 'none':
        return refuse(way.why)
      default:
        return this.#executeKeyless(call, options, way.to === 'all')
    }
  }

  #executeIn<Out>(slot: number, call: Call<Out>, options: CallOptions): Promise<Out> {
    const shard = this.#access.at(slot)
    if (shard !== undefined) return shard.execute(call, options)
    return this.#access.whenServed(slot, call, options, (found, left) => found.execute(call, left))
  }

  #shardFor(keys: readonly string[]): RemoteClient | undefined {
    const slot = commonSlot(keys)
    return slot === undefined ? undefined : this.#access.at(slot)
  }

  /** Runs a call again in its place among those of its slot that are redirected. */
  #executeAgain<Out>(call: Call<Out>, options: CallOptions, { shard: by, sequence }: Place): Promise<Out> {
    const slot = commonSlot(call.keys)
    if (slot === undefined) return this.execute(call, options)
    const deadline = loopClock.now() + this.#access.timeFor(call.intent === 'write', options)
    return new Promise((resolve, reject) => {
      const go = (): void => {
        const left = { ...options, deadline: deadline - loopClock.now() }
        const shard = this.#shards.at(slot) ?? by
        this.#operations.again(call, () => shard.execute(call, left)).then(resolve, reject)
      }
      const sent = { by, sequence, after: [] }
      this.#access.queue.wait({
        slot,
        deadline,
        signal: options.signal,
        bytes: sizeOf(call.args),
        sent,
        go,
        fail: reject,
      })
    })
  }

  async *#scanAll<Item>(
    stepAt: ScanFrom<Item>,
    step: Call<unknown>,
    options: CallOptions,
  ): AsyncGenerator<readonly Item[], void, undefined> {
    await this.#access.soon(anySlot, step, options)
    yield* scanShards(stepAt, options, {
      shards: () => this.#shards.members,
      ofPrimary: (target) => this.#shards.ofPrimary(target),
    })
  }

  /** A client that was closed meanwhile is that of a shard that is gone: the scan begins again with who has the slot now. */
  async *#scanIn<Item>(
    slot: number,
    stepAt: ScanFrom<Item>,
    step: Call<unknown>,
    options: CallOptions,
  ): AsyncGenerator<readonly Item[], void, undefined> {
    for (;;) {
      const shard = await this.#access.soon(slot, step, options)
      try {
        yield* shard.scan(stepAt, options)
        return
      } catch (error) {
        if (!(error instanceof ClosedError) || this.#closed || shard === this.#shards.at(slot)) throw error
      }
    }
  }

  async #executeKeyless<Out>(call: Call<Out>, options: CallOptions, everywhere: boolean): Promise<Out> {
    const deadline = loopClock.now() + this.#access.timeFor(isWrite(call), options)
    const shard = await this.#access.soon(anySlot, call, options)
    const left = { ...options, deadline: deadline - loopClock.now() }
    return everywhere ? executeOnAll(this.#shards.serving, call, left) : shard.execute(call, left)
  }

  /** A call of one slot whose keys lie on two nodes at the moment. */
  #divideUnfinished(call: Unfinished): boolean {
    const { job, work, deadline, signal, readFrom, attemptTimeout } = call
    if (job.divide === undefined || job.keys.length < 2) return false
    const left = { deadline: deadline - loopClock.now(), signal, readFrom, attemptTimeout }
    const answer = this.#batches.divided(job, job.divide, left).then((raw) => work.read(job, raw))
    answer.then(
      (value) => {
        call.trace?.end(undefined)
        call.resolve(value)
      },
      (error: unknown) => failUnfinished(call, error),
    )
    return true
  }

  #follow(map: ClusterMap, events: readonly TopologyEvent[]): void {
    const changed = this.#shards.follow(map)
    if (changed.size > 0) this.#tracking.moved(changed)
    this.#keepOrder(changed)
    for (const event of events) if (event.type === 'slots-moved') this.#listeners.tell(event)
    this.#access.changed()
    this.#regained.tell()
  }

  /** Later calls of slots that have moved wait until the older writes are over, or redirected, at the old shard. */
  #keepOrder(changed: ReadonlySet<number>): void {
    if (changed.size === 0) return
    for (const shard of this.#shards.all)
      for (const call of shard.running) {
        const moved = call.job.keys.map(slotOf).filter((slot) => changed.has(slot) && this.#shards.at(slot) !== shard)
        if (call.job.intent === 'write') for (const slot of moved) call.whenLeft(this.#access.queue.hold(slot))
      }
    for (const { calls, ended } of this.#operations.touching((key) => changed.has(slotOf(key)))) {
      const slots = new Set(calls.flatMap(({ keys }) => keys.map(slotOf)).filter((slot) => changed.has(slot)))
      for (const slot of slots) void ended.then(this.#access.queue.hold(slot))
    }
  }
}

function isWrite({ intent }: Pick<Call<unknown>, 'intent'>): boolean {
  return intent === 'write'
}

const noOptions: CallOptions = {}

import type { CallOptions, Client } from '../../clients/client.js'
import type { KeptWrite } from '../../clients/command.js'
import { exists } from '../../clients/commands/strings.js'
import { ClosedError, CommandError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import { isOutage } from '../outage.js'
import type { Keeper } from './keeper.js'
import type { KeptWrites } from './kept-writes.js'
import { sendKept, type FailedAgain } from './send-kept.js'

/**
 * Sends what a cache has kept: when a server can be used again, and after pauses that grow. The writes of each shard
 * leave in portions, oldest first.
 */
export class Replay {
  readonly #client: Client
  readonly #kept: KeptWrites
  readonly #keeper: Keeper
  readonly #stopListening: (() => void) | undefined
  /** By the servers that are being given their writes: one that does not answer holds up no other. */
  readonly #running = new Map<unknown, Promise<void>>()
  /** Those that are given them once more. */
  readonly #again = new Set<unknown>()
  #stopped = false
  #giveUp: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #pause = shortestPause

  constructor(client: Client, kept: KeptWrites, keeper: Keeper) {
    this.#client = client
    this.#kept = kept
    this.#keeper = keeper
    this.#stopListening = client.onUsable?.(() => void this.#hurry())
  }

  /** Tries after a pause, if there is something to send. */
  later(): void {
    if (this.#stopped || this.#timer !== undefined || this.#keeper.writes.length === 0) return
    this.#timer = setTimeout(() => void this.#start(), this.#pause).unref()
    if (this.#running.size === 0) this.#pause = Math.min(longestPause, 2 * this.#pause)
  }

  /** Tries once more, until it is stopped, and sends nothing after that. */
  async finish(): Promise<void> {
    this.stop()
    const stopped = new Promise<void>((resolve) => (this.#giveUp = resolve))
    await Promise.race([this.#hurry(), stopped])
  }

  stop(): void {
    this.#stopped = true
    this.#stopListening?.()
    this.#clearTimer()
    this.#giveUp?.()
  }

  #hurry(): Promise<unknown> {
    this.#pause = shortestPause
    for (const shard of this.#running.keys()) this.#again.add(shard)
    return this.#start()
  }

  /** Resolves when nothing is being sent any more. */
  async #start(): Promise<unknown> {
    this.#clearTimer()
    // The client calls its listeners while it changes: nothing is sent before it has done that.
    await Promise.resolve()
    for (const shard of this.#shards().keys())
      if (!this.#running.has(shard)) this.#running.set(shard, this.#begin(shard))
    return Promise.all(this.#running.values())
  }

  #begin(shard: unknown): Promise<void> {
    return this.#run(shard).finally(() => {
      this.#running.delete(shard)
      this.later()
    })
  }

  #clearTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  async #run(shard: unknown): Promise<void> {
    do {
      this.#again.delete(shard)
      await this.#sendAll(this.#shards().get(shard) ?? [])
    } while (this.#again.has(shard))
  }

  /** The writes that are kept, by the servers that they are for. */
  #shards(): ReadonlyMap<unknown, readonly KeptWrite[]> {
    const shards = new Map<unknown, KeptWrite[]>()
    for (const write of this.#keeper.writes) {
      const shard = this.#client.shardOf?.(write.key)
      const others = shards.get(shard)
      if (others === undefined) shards.set(shard, [write])
      else others.push(write)
    }
    return shards
  }

  /** Sends the writes of one shard. Ends where nothing could be sent: the others would fail as well. */
  async #sendAll(writes: readonly KeptWrite[]): Promise<void> {
    if (!(await this.#reaches(writes))) return
    for (let at = 0; at < writes.length; at += portionSize)
      if (!(await this.#sendPortion(writes.slice(at, at + portionSize)))) return
  }

  /** Whether a shard can be used. One that cannot is asked EXISTS: shards connect when they are first asked. */
  async #reaches([first]: readonly KeptWrite[]): Promise<boolean> {
    if (first === undefined || this.#isUsable(first)) return true
    await this.#client.execute(exists([first.key]), trial).catch(() => {})
    return this.#isUsable(first)
  }

  #isUsable({ key }: KeptWrite): boolean {
    return this.#client.isUsable?.(key) !== false
  }

  /** Sends those that were not replaced meanwhile. Resolves to whether a server has answered one of them. */
  async #sendPortion(portion: readonly KeptWrite[]): Promise<boolean> {
    const keys = portion.map(({ key }) => key)
    const before = this.#kept.order.before(keys)
    const release = this.#kept.order.hold(keys, before)
    await before
    const writes = portion.filter((write) => this.#kept.has(write))
    const failed = await sendKept(this.#client, this.#kept, writes)
    release()
    for (const one of failed) this.#dropRefused(one)
    if (failed.length < writes.length) this.#pause = shortestPause
    return failed.length < writes.length || failed.every(({ error }) => error instanceof CommandError)
  }

  /** What a server that can be used refuses will never run. */
  #dropRefused({ write, error }: FailedAgain): void {
    if (isOutage(error) || error instanceof ClosedError) return
    if (this.#isUsable(write)) this.#keeper.refused(write, error)
  }
}

/** How many writes leave at once: few enough that calls of users pass between them. */
const portionSize = 100
/** How long to wait before what has failed is tried again; doubled each time that nothing could be sent. */
const shortestPause: Milliseconds = 250
const longestPause: Milliseconds = 30_000
const trial: CallOptions = { deadline: 1_000, readFrom: 'primary' }

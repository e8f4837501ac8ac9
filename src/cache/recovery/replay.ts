import type { Client } from '../../clients/client.js'
import type { KeptWrite } from '../../clients/command.js'
import { ErrorReply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Keeper } from './keeper.js'
import type { KeptWrites } from './kept-writes.js'
import { inTurn } from './turn.js'

/**
 * Sends what a cache has kept, in portions, oldest first: when a server can be used again, and while one can be used and
 * refuses them after pauses that grow. Nothing is sent to a server that cannot be used. A client that does not tell
 * whether its servers can be used is tried when one of its calls has succeeded.
 */
export class Replay {
  readonly #client: Client
  readonly #kept: KeptWrites
  readonly #keeper: Keeper
  readonly #stopListening: (() => void) | undefined
  #running: Promise<void> | undefined
  #again = false
  #timer: NodeJS.Timeout | undefined
  #pause = shortestPause

  constructor(client: Client, kept: KeptWrites, keeper: Keeper) {
    this.#client = client
    this.#kept = kept
    this.#keeper = keeper
    this.#stopListening = client.onUsable?.(() => this.#hurry())
  }

  /** These are kept: their servers may be usable all the same, as when a call had little time. */
  later(writes: readonly KeptWrite[]): void {
    if (this.#timer !== undefined || this.#running !== undefined) return
    if (!writes.some(({ key }) => this.#client.isUsable?.(key))) return
    this.#timer = setTimeout(() => void this.#start(), this.#pause).unref()
    this.#pause = Math.min(longestPause, 2 * this.#pause)
  }

  /** A call has succeeded. */
  succeeded(): void {
    if (this.#client.isUsable === undefined) void this.#start()
  }

  /** Tries once more, and sends nothing after that. */
  async finish(): Promise<void> {
    this.#stopListening?.()
    await this.#running
    await this.#start()
    this.stop()
  }

  stop(): void {
    this.#stopListening?.()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #hurry(): void {
    this.#pause = shortestPause
    this.#again = this.#running !== undefined
    void this.#start()
  }

  #start(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return (this.#running ??= this.#run())
  }

  async #run(): Promise<void> {
    do {
      this.#again = false
      await this.#sendAll()
    } while (this.#again)
    this.#running = undefined
    this.later(this.#keeper.writes)
  }

  /** A portion of which nothing has run ends it: the others would not run either. */
  async #sendAll(): Promise<void> {
    // Who tells that a server can be used has more to do than to hear of calls.
    await Promise.resolve()
    const due = this.#due()
    for (let at = 0; at < due.length; at += portionSize)
      if (!(await this.#send(due.slice(at, at + portionSize)))) return
    this.#pause = shortestPause
  }

  #due(): readonly KeptWrite[] {
    const { writes } = this.#keeper
    return writes.filter(({ key }) => this.#client.isUsable?.(key) ?? true)
  }

  /** Sends those that were not replaced meanwhile. Resolves to whether there are none left, or at least one has run. */
  async #send(portion: readonly KeptWrite[]): Promise<boolean> {
    const keys = portion.map(({ key }) => key)
    const ran = inTurn(this.#kept.order, keys, unlimited, async () => {
      const writes = portion.filter((write) => this.#kept.has(write))
      const replies = writes.length === 0 ? [] : await this.#client.batch(writes.map(({ make }) => make()))
      const done = writes.filter((_, index) => !(replies[index] instanceof ErrorReply))
      for (const write of done) this.#kept.remove(write)
      return done.length > 0 || writes.length === 0
    })
    return ran.catch(() => false)
  }
}

/** What is tried, and how often: neither a caller waits for it, nor does it hold up others. */
const portionSize = 100
const shortestPause: Milliseconds = 250
const longestPause: Milliseconds = 30_000
const unlimited = { deadline: Infinity }

import type { CallOptions, Client, LeaseOptions, TopologySnapshot } from '../../src/clients/client.js'
import type { Call } from '../../src/clients/command.js'
import type { ScanFrom } from '../../src/clients/commands/scan.js'
import type { OwnConnection } from '../../src/clients/own-connection.js'
import { MemoryClient } from '../../src/clients/memory/client.js'
import type { ErrorReply, Reply } from '../../src/connection/connection.js'
import { replyError } from '../../src/connection/reply-error.js'
import { ConnectionError } from '../../src/index.js'

const noConnection = {} as OwnConnection

/** A client of a user's own that can be switched off: then every call rejects as in an outage. */
export class SwitchedClient implements Client {
  /** What it was given while it was on. */
  readonly calls: Call<unknown>[] = []
  /** How many calls it was given, also while it was off. */
  asked = 0
  on = true
  /** What it answers to a delete instead of running it. */
  refuse: (call: Call<unknown>) => ErrorReply | undefined = () => undefined
  /** What a call waits for before it runs; where that rejects, so does the call. */
  gate: (call: Call<unknown>) => Promise<unknown> | undefined = () => undefined
  readonly #memory = new MemoryClient()

  async execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    options?.signal?.throwIfAborted()
    this.#note([call])
    await this.gate(call)
    const refusal = this.#refusalOf(call)
    if (refusal !== undefined) throw replyError('switched', call.name, refusal)
    return this.#memory.execute(call, options)
  }

  async batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly Reply[]> {
    this.#note(calls)
    for (const call of calls) await this.gate(call)
    const replies = await this.#memory.batch(calls, options)
    return replies.map((reply, index) => this.#refusalOf(calls[index] as Call<unknown>) ?? reply)
  }

  scan<Item>(from: ScanFrom<Item>, options?: CallOptions): AsyncIterable<readonly Item[]> {
    return this.#memory.scan(from, options)
  }

  async lease<Out>(
    _intent: 'read' | 'write',
    work: (connection: OwnConnection) => Out | Promise<Out>,
    _options?: LeaseOptions,
  ): Promise<Out> {
    return work(noConnection)
  }

  topology(): TopologySnapshot {
    return this.#memory.topology()
  }

  onTopology(): () => void {
    return this.#memory.onTopology()
  }

  close(): Promise<void> {
    return this.#memory.close()
  }

  destroy(): void {
    this.#memory.destroy()
  }

  #refusalOf(call: Call<unknown>): ErrorReply | undefined {
    return call.name === 'UNLINK' ? this.refuse(call) : undefined
  }

  #note(calls: readonly Call<unknown>[]): void {
    this.asked += calls.length
    if (!this.on) throw new ConnectionError('switched', 'is off')
    this.calls.push(...calls)
  }
}

/** As {@link SwitchedClient}, and it tells when it can be used. */
export class TellingClient extends SwitchedClient {
  readonly #listeners = new Set<() => void>()

  isUsable(): boolean {
    return this.on
  }

  onUsable(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  switchOn(): void {
    this.on = true
    for (const listener of this.#listeners) listener()
  }
}

/** As {@link SwitchedClient}; it connects when it is first given something, and can be used once it has connected. */
export class LazyClient extends SwitchedClient {
  #connected = false

  override execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    this.#connected ||= this.on
    return super.execute(call, options)
  }

  isUsable(): boolean {
    return this.#connected
  }

  onUsable(): () => void {
    return () => {}
  }
}

/** As {@link TellingClient}, on a shard for each last letter of a key, which can be switched off by itself. */
export class ShardedClient extends TellingClient {
  readonly off = new Set<string>()

  shardOf(key: string): string {
    return key.at(-1) ?? ''
  }

  override isUsable(key = ''): boolean {
    return !this.off.has(this.shardOf(key))
  }

  override execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    return this.#reaches([call]) ? super.execute(call, options) : Promise.reject(this.#away())
  }

  override batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly Reply[]> {
    return this.#reaches(calls) ? super.batch(calls, options) : Promise.reject(this.#away())
  }

  #reaches(calls: readonly Call<unknown>[]): boolean {
    return calls.every(({ keys }) => keys.every((key) => this.isUsable(key)))
  }

  #away(): ConnectionError {
    return new ConnectionError('switched', 'is off')
  }
}

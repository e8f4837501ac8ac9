import type { CallOptions, Client } from '../clients/client.js'
import { ErrorReply, type Reply } from '../connection/connection.js'
import { replyError } from '../connection/reply-error.js'
import type { Prepared, Runner } from './runner.js'
import { allReady } from './all-ready.js'

interface Slot {
  readonly call: Prepared<unknown>
  readonly settle: (reply: Reply | ErrorReply, name: string, read: (raw: Reply) => unknown) => void
  readonly reject: (reason: unknown) => void
}

/** Keeps calls in their order, and sends them in one trip. What comes after that goes its own way. */
export class Recorder implements Runner {
  readonly #client: Client
  readonly #direct: Runner
  readonly #slots: Slot[] = []
  #sent = false

  constructor(client: Client, direct: Runner) {
    this.#client = client
    this.#direct = direct
  }

  run<Out>(call: Prepared<Out>, options: CallOptions): Promise<Out> {
    if (this.#sent) return this.#direct.run(call, options)
    return new Promise<Out>((resolve, reject) => {
      const settle: Slot['settle'] = (reply, name, read) => {
        if (reply instanceof ErrorReply) reject(replyError(this.#address, name, reply))
        else resolve(read(reply) as Out)
      }
      this.#slots.push({ call, settle, reject })
    })
  }

  runMany(calls: readonly Prepared<unknown>[], options: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    if (this.#sent) return this.#direct.runMany(calls, options)
    const keep = (call: Prepared<unknown>): Promise<Reply | ErrorReply> =>
      new Promise((resolve, reject) => this.#slots.push({ call, settle: resolve, reject }))
    return Promise.all(calls.map(keep))
  }

  /** Waits for what is still being encoded; what cannot be is the reason why nothing is sent. */
  async ready(): Promise<void> {
    await allReady(this.#slots.map(({ call }) => call))
  }

  /** Each call gets its own reply, or all of them the reason why there are none. */
  async send(options: CallOptions): Promise<void> {
    this.#sent = true
    try {
      const calls = await allReady(this.#slots.map(({ call }) => call))
      const replies = await this.#client.batch(calls, options)
      for (const [index, { settle }] of this.#slots.entries()) {
        const { name, reply } = calls[index] as (typeof calls)[number]
        settle(replies[index] as Reply | ErrorReply, name, reply)
      }
    } catch (error) {
      this.cancel(error)
    }
  }

  cancel(reason: unknown): void {
    this.#sent = true
    for (const { reject } of this.#slots) reject(reason)
  }

  get #address(): string {
    return this.#client.topology().primary ?? 'memory'
  }
}

import type { CallOptions, Client } from '../clients/client.js'
import type { Call } from '../clients/command.js'
import type { Split } from '../clients/split.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import { isPromise } from '../promises.js'
import { checkedReply } from './checked-reply.js'
import { keysOfAll } from './client-runner.js'
import { Encoding, type Prepared, type Runner } from './runner.js'

type Replies = readonly (Reply | ErrorReply)[]

/** The calls of one operation, and who waits for their replies. */
interface Slot {
  readonly calls: Prepared<readonly Call<unknown>[]>
  readonly resolve: (replies: Replies) => void
  readonly reject: (reason: unknown) => void
}

/** Keeps calls in their order, and sends them in one trip. What comes after that goes its own way. */
export class Recorder implements Runner {
  readonly #client: Client
  readonly #direct: Runner
  readonly #slots: Slot[] = []
  #sent = false
  #refusal: { readonly reason: unknown } | undefined

  constructor(client: Client, direct: Runner) {
    this.#client = client
    this.#direct = direct
  }

  async run<Out>(call: Prepared<Call<Out>>, options: CallOptions): Promise<Out> {
    if (this.#sent) return this.#direct.run(call, options)
    const [reply] = await this.#keep(mapPrepared(call, (ready) => [ready]))
    const { name, reply: read } = await readyOf(call)
    return read(checkedReply(this.#client, name, reply))
  }

  async runSplit<Out>(split: Prepared<Split<Out>>, options: CallOptions): Promise<Out> {
    if (this.#sent) return this.#direct.runSplit(split, options)
    const replies = await this.#keep(mapPrepared(split, ({ calls }) => calls))
    const { calls, join } = await readyOf(split)
    return join(calls.map(({ name, reply }, index) => reply(checkedReply(this.#client, name, replies[index]))))
  }

  runMany(calls: Prepared<readonly Call<unknown>[]>, options: CallOptions): Promise<Replies> {
    return this.#sent ? this.#direct.runMany(calls, options) : this.#keep(calls)
  }

  turn(keys: readonly string[], options: CallOptions): Promise<void> {
    return this.#direct.turn(keys, options)
  }

  /** Takes care of what an operation gave: a rejection before the calls are sent is the reason why none is. */
  own<Given>(given: Given): Given {
    if (!isPromise(given)) return given
    Promise.resolve(given).catch((reason: unknown) => (this.#refusal ??= { reason }))
    return given
  }

  /**
   * Sends all calls, or none when an operation was refused or cannot be encoded; each operation gets its own replies, or
   * the reason why there are none.
   */
  async send(options: CallOptions): Promise<void> {
    this.#sent = true
    const slots = [...this.#slots]
    try {
      if (slots.length === 0) return void (await this.#ready(slots))
      const replies = await this.#direct.runMany(new Encoding(keysOfSlots(slots), this.#ready(slots)), options)
      let next = 0
      for (const { calls, resolve } of slots) {
        const { length } = await readyOf(calls)
        resolve(replies.slice(next, (next += length)))
      }
    } catch (error) {
      this.cancel(error)
    }
  }

  cancel(reason: unknown): void {
    this.#sent = true
    for (const { reject } of this.#slots) reject(reason)
  }

  /**
   * Waits until every operation that is refused has said so, and every value is encoded. What runs in microtasks has run
   * when a tick that was asked for in one of them comes.
   */
  async #ready(slots: readonly Slot[]): Promise<readonly Call<unknown>[]> {
    await Promise.resolve().then(() => new Promise((resolve) => process.nextTick(resolve)))
    const encoded = await Promise.allSettled(slots.map(async ({ calls }) => readyOf(calls)))
    if (this.#refusal !== undefined) throw this.#refusal.reason
    return encoded.flatMap((outcome) => {
      if (outcome.status === 'fulfilled') return outcome.value
      throw outcome.reason
    })
  }

  #keep(calls: Slot['calls']): Promise<Replies> {
    return new Promise((resolve, reject) => this.#slots.push({ calls, resolve, reject }))
  }
}

function mapPrepared<In, Out>(prepared: Prepared<In>, map: (ready: In) => Out): Prepared<Out> {
  return prepared instanceof Encoding ? new Encoding(prepared.keys, prepared.ready.then(map)) : map(prepared)
}

function readyOf<Ready>(prepared: Prepared<Ready>): Ready | Promise<Ready> {
  return prepared instanceof Encoding ? prepared.ready : prepared
}

/** None when one of them has none, for then it has all. */
function keysOfSlots(slots: readonly Slot[]): readonly string[] {
  const holders = slots.map(({ calls }) => (calls instanceof Encoding ? calls : { keys: keysOfAll(calls) }))
  return keysOfAll(holders)
}

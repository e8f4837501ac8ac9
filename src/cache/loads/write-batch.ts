import type { Client } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import { partsOf, sizeOfCall } from '../../clients/split.js'
import type { ErrorReply, Reply } from '../../connection/connection.js'
import { checkedReply } from '../checked-reply.js'
import { KeyOrder } from '../key-order.js'
import { sendPortions, type Portion } from '../portions.js'
import type { LazyAbort } from './lazy-abort.js'

/** A write that waits for the others of its tick. */
interface Waiting {
  readonly call: Call<unknown>
  readonly aborting: LazyAbort
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

/** Sends the writes of one tick together, in portions; one that is aborted by then is not sent. */
export class WriteBatch {
  readonly #client: Pick<Client, 'batch' | 'topology'>
  #waiting: Waiting[] = []

  constructor(client: Pick<Client, 'batch' | 'topology'>) {
    this.#client = client
  }

  execute(call: Call<unknown>, aborting: LazyAbort): Promise<unknown> {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush())
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, aborting, resolve, reject })
    })
  }

  #flush(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const portions = partsOf(waiting, ({ call }) => sizeOfCall(call)).map((part): Portion<void> => ({
      keys: () => part.flatMap(({ call }) => call.keys),
      size: part.length,
      send: () => this.#send(part),
    }))
    void sendPortions('SET', portions, {}, new KeyOrder())
  }

  /** Never rejects: each write has its own outcome. */
  async #send(part: readonly Waiting[]): Promise<void> {
    const wanted = part.filter(({ aborting, reject }) => {
      if (aborting.reason !== undefined) reject(aborting.reason)
      return aborting.reason === undefined
    })
    if (wanted.length === 0) return
    try {
      const replies = await this.#client.batch(wanted.map(({ call }) => call))
      for (const [index, waiting] of wanted.entries()) this.#settle(waiting, replies[index])
    } catch (error) {
      for (const { reject } of wanted) reject(error)
    }
  }

  #settle({ call, resolve, reject }: Waiting, reply: Reply | ErrorReply | undefined): void {
    try {
      resolve(call.reply(checkedReply(this.#client, call.name, reply)))
    } catch (error) {
      reject(error)
    }
  }
}

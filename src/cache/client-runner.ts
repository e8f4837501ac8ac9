import type { CallOptions, Client } from '../clients/client.js'
import type { Call } from '../clients/command.js'
import { concatenated, partsOf, portion, sizeOfCall, type Split } from '../clients/split.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import { ClosedError, CommandTimeoutError } from '../errors.js'
import { loopClock } from '../connection/deadlines.js'
import { KeyOrder } from './key-order.js'
import { leftOf, sendPortions, type Portion } from './portions.js'
import { Encoding, type Prepared, type Runner } from './runner.js'
import { within } from './within.js'

/** What a runner needs of a client. */
export type Executing = Pick<Client, 'execute' | 'batch'>

/** Hands calls to a client: at once, or when their values are encoded and it is their turn. */
export class ClientRunner implements Runner {
  readonly #client: Executing
  readonly #order = new KeyOrder()
  #closed = false

  constructor(client: Executing) {
    this.#client = client
  }

  /** Whether a call has not been handed to the client yet. */
  get busy(): boolean {
    return !this.#order.idle
  }

  /** Whether a call of this key has not been handed to the client yet. */
  waits(key: string): boolean {
    return this.#order.before([key]) !== undefined
  }

  /** Hot path: a call that is ready while no other waits is the client's at once. */
  run<Out>(call: Prepared<Call<Out>>, options: CallOptions): Promise<Out> {
    if (!(call instanceof Encoding) && this.#order.idle && !this.#closed) return this.#client.execute(call, options)
    return this.#inTurn(call, keysOfCall, (ready, left) => this.#client.execute(ready, left), options)
  }

  runSplit<Out>(split: Prepared<Split<Out>>, options: CallOptions): Promise<Out> {
    return this.#inTurn(split, keysOfSplit, (ready, left) => this.#sendSplit(ready, left), options)
  }

  runMany(
    calls: Prepared<readonly Call<unknown>[]>,
    options: CallOptions,
    together = 1,
  ): Promise<readonly (Reply | ErrorReply)[]> {
    return this.#inTurn(calls, keysOfAll, (ready, left) => this.#sendMany(ready, left, together), options)
  }

  async turn(keys: readonly string[], { deadline = longestWait, signal }: CallOptions): Promise<void> {
    const before = this.#order.before(keys)
    if (before !== undefined) await within(before, deadline, signal, tooLate)
  }

  /** Takes no more calls; resolves when all that were begun have reached the client. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.busy) await this.#order.before([])
  }

  #inTurn<Ready, Out>(
    prepared: Prepared<Ready>,
    keysOf: (ready: Ready) => readonly string[],
    send: (ready: Ready, options: CallOptions) => Promise<Out>,
    options: CallOptions,
  ): Promise<Out> {
    if (this.#closed) return Promise.reject(new ClosedError('the cache'))
    if (!(prepared instanceof Encoding) && this.#order.idle) return send(prepared, options)
    const keys = prepared instanceof Encoding ? prepared.keys : keysOf(prepared)
    const before = this.#order.before(keys)
    if (!(prepared instanceof Encoding) && before === undefined) return send(prepared, options)
    return this.#later(prepared, keys, before, send, options)
  }

  /** Keeps the place of a call until it can be handed over. */
  async #later<Ready, Out>(
    prepared: Prepared<Ready>,
    keys: readonly string[],
    before: Promise<unknown> | undefined,
    send: (ready: Ready, options: CallOptions) => Promise<Out>,
    options: CallOptions,
  ): Promise<Out> {
    const begun = loopClock.now()
    const release = this.#order.hold(keys, before)
    try {
      const ready = prepared instanceof Encoding ? prepared.ready : prepared
      const turn = before && within(before, options.deadline ?? longestWait, options.signal, tooLate)
      const [call] = await within(Promise.all([ready, turn]), options.deadline, options.signal, tooLate)
      return send(call, leftOf(options, begun))
    } finally {
      release()
    }
  }

  async #sendSplit<Out>({ calls, sizes, join }: Split<Out>, options: CallOptions): Promise<Out> {
    const [only] = calls
    if (calls.length === 1 && only !== undefined) return join([await this.#client.execute(only, options)])
    const portions = calls.map((call, index): Portion<unknown> => ({
      keys: () => call.keys,
      size: sizes[index] ?? 0,
      send: (left) => this.#client.execute(call, left),
      keeps: call.keeps !== undefined,
    }))
    return join(await sendPortions(calls[0]?.name ?? 'NONE', portions, options, this.#order))
  }

  async #sendMany(
    calls: readonly Call<unknown>[],
    options: CallOptions,
    together: number,
  ): Promise<readonly (Reply | ErrorReply)[]> {
    const parts = partsOf(calls, sizeOfCall, portion, together)
    const [only] = parts
    if (parts.length === 1 && only !== undefined) return this.#client.batch(only, options)
    const portions = parts.map((part): Portion<readonly (Reply | ErrorReply)[]> => ({
      keys: () => keysOfAll(part),
      size: part.length,
      send: (left) => this.#client.batch(part, left),
      keeps: part.every(({ keeps }) => keeps !== undefined),
    }))
    return concatenated(await sendPortions(calls[0]?.name ?? 'NONE', portions, options, this.#order))
  }
}

function keysOfCall({ keys }: Call<unknown>): readonly string[] {
  return keys
}

function keysOfSplit({ calls }: Split<unknown>): readonly string[] {
  return keysOfAll(calls)
}

/** None when one of them has none, for then it has all. */
export function keysOfAll(calls: readonly { readonly keys: readonly string[] }[]): readonly string[] {
  const keys: string[] = []
  for (const call of calls) {
    if (call.keys.length === 0) return []
    for (const key of call.keys) keys.push(key)
  }
  return keys
}

function tooLate(after: number): CommandTimeoutError {
  const cause = new Error('a value, of this call or of an earlier one with the same key, is still being encoded')
  return new CommandTimeoutError('ENCODE', after, false, { cause })
}

/** How long a call waits for an earlier one of its keys that is being encoded when no deadline is given, in ms. */
const longestWait = 5_000

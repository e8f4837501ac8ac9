import type { CallOptions, Client } from '../../clients/client.js'
import type { Call, Division, GroupOf } from '../../clients/command.js'
import { withReply } from '../../clients/commands/build.js'
import { deletesOf, unlinkNow } from '../../clients/commands/strings.js'
import { ErrorReply, type Reply } from '../../connection/connection.js'
import type { KeyMaker } from '../../keys/key-maker.js'
import { checkedReply } from '../checked-reply.js'
import type { Executing } from '../client-runner.js'

/** The kind of helper keys that the locks of loads are. */
export const fleetLocks = 'load'

/**
 * The writes of a cache whose loads are those of one process at a time: each takes the lock of its keys' loads away, in
 * the same trip and before it, so that a load that began earlier cannot write an older value over it.
 */
export class FleetWrites implements Executing {
  readonly #client: Client
  readonly #keys: KeyMaker

  constructor(client: Client, keys: KeyMaker) {
    this.#client = client
    this.#keys = keys
  }

  execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    const locks = this.#locksOf(call)
    return locks.length === 0
      ? this.#client.execute(call, options)
      : this.#behind(unlinkFor(call, locks), call, options)
  }

  async batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    const ended = calls.map((call) => this.#locksOf(call))
    const together = calls.flatMap((call, index) => {
      const locks = ended[index] ?? []
      return locks.length === 0 ? [call] : [unlinkFor(call, locks), behindLocks(call, this.#locksOf)]
    })
    const replies = [...(await this.#client.batch(together, options))]
    return ended.map((locks) => {
      const refusal = locks.length === 0 ? undefined : refusalIn(replies.shift())
      const reply = replies.shift() as Reply
      return refusalIn(reply) ?? refusal ?? reply
    })
  }

  async #behind<Out>(ending: Call<number>, call: Call<Out>, options: CallOptions | undefined): Promise<Out> {
    const [ended, reply] = await this.#client.batch([ending, behindLocks(call, this.#locksOf)], options)
    const out = checkedReply(this.#client, call.name, reply)
    checkedReply(this.#client, ending.name, ended)
    return call.reply(out)
  }

  readonly #locksOf = ({ intent, keys }: Call<unknown>): readonly string[] => {
    if (intent === 'read') return []
    return keys.map((key) => this.#keys.besideMade(fleetLocks, key)).filter((lock) => lock !== undefined)
  }
}

/**
 * Where no server has all keys of a call it is asked in parts: then each of them has the UNLINK of its own locks before it,
 * for those of other servers tell nothing of when it runs.
 */
export function behindLocks(call: Call<unknown>, locksOf: (part: Call<unknown>) => readonly string[]): Call<unknown> {
  const { divide } = call
  if (divide === undefined) return call
  const parts = (groupOf?: GroupOf): Division => {
    const whole = divide(groupOf)
    const calls: Call<unknown>[] = []
    const places = whole.calls.map((part) => {
      const locks = locksOf(part)
      if (locks.length > 0) calls.push(unlinkFor(part, locks))
      return calls.push(part) - 1
    })
    return { ...whole, calls, join: (replies) => whole.join(places.map((place) => replies[place] as Reply)) }
  }
  return { ...withReply(call, call.reply), divide: parts }
}

function refusalIn(reply: Reply | undefined): ErrorReply | undefined {
  return reply instanceof ErrorReply ? reply : undefined
}

/** A part of the call that may fail alone may do so here; where the call is kept in an outage, its locks' end is too. */
function unlinkFor({ spares, keeps }: Call<unknown>, locks: readonly string[]): Call<number> {
  return {
    ...unlinkNow(locks),
    ...(spares === undefined ? {} : { spares }),
    ...(keeps === undefined ? {} : { keeps: () => (keeps().length > 0 ? deletesOf(locks) : []) }),
  }
}

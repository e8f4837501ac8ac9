import type { Call } from '../../clients/command.js'
import { MemoryClient } from '../../clients/memory/client.js'
import { ErrorReply, type Reply } from '../../connection/connection.js'
import { replyError } from '../../connection/reply-error.js'
import { UnsupportedError } from '../../errors.js'

/** An empty server in this process: what reads find on it is what they find where their keys do not exist. */
const empty = new MemoryClient()

/** Answers a read as if its keys did not exist; `undefined` for a command that only a server can answer. */
export async function answerOfMissing<Out>(call: Call<Out>): Promise<{ readonly value: Out } | undefined> {
  try {
    return { value: await empty.execute(call) }
  } catch (error) {
    if (error instanceof UnsupportedError) return undefined
    throw error
  }
}

/** A read of many keys, some of which count as missing, as reads of the others. */
export interface PartOfRead<Out> {
  /** The reads of the keys that are not missing. */
  readonly calls: readonly Call<unknown>[]
  /** Makes the answer to the whole read of the replies to these. */
  readonly join: (replies: readonly (Reply | ErrorReply)[]) => Out
}

/** Leaves the keys out of a read for which `isMissing` is true; `undefined` for one that must be one command. Pure. */
export function withoutMissing<Out>(call: Call<Out>, isMissing: (key: string) => boolean): PartOfRead<Out> | undefined {
  const division = call.divide?.()
  if (division === undefined) return undefined
  const { calls, join, absent, tolerates } = division
  const isAsked = calls.map(({ keys }) => !keys.some(isMissing))
  const checked = (reply: Reply | ErrorReply | undefined): Reply => {
    if (!(reply instanceof ErrorReply) || reply.code === tolerates) return reply as Reply
    const error = replyError('a server', call.name, reply)
    if (call.spares?.(error) === true) return absent
    throw error
  }
  return {
    calls: calls.filter((_, index) => isAsked[index]),
    join: (replies) => {
      let next = 0
      return call.reply(join(isAsked.map((asked) => (asked ? checked(replies[next++]) : absent))))
    },
  }
}

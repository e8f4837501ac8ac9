import type { Reply } from '../../connection/connection.js'
import type { Call, Value } from '../command.js'

/** An entry that has tags, which its server does not know: they lie in slots of their own. */
export interface TaggedEntry {
  readonly key: string
  /** The frame of its value, up to where the value begins. */
  readonly head: Value
}

/** What a script found that depends on tags. */
export class TaggedAnswer<Out> {
  readonly entries: readonly TaggedEntry[]
  /** What the answer is when so many of the entries are invalid, or the call that gives it. */
  readonly settle: (invalid: number) => Out | Call<Answer<Out>>

  constructor(entries: readonly TaggedEntry[], settle: (invalid: number) => Out | Call<Answer<Out>>) {
    this.entries = entries
    this.settle = settle
  }
}

/** What a script on entries answers. */
export type Answer<Out> = Out | TaggedAnswer<Out>

/**
 * Reads the reply of a script on entries.
 * Shape: the answer alone; or an array of the answer as if all tags were valid, and of each entry that has some the place of
 * its key among the keys, from 1 on, and its head.
 */
export function answerOf<Out>(
  raw: Reply,
  keys: readonly string[],
  read: (raw: Reply) => Out,
  settle: (valid: Out, invalid: number) => Out | Call<Answer<Out>>,
): Answer<Out> {
  if (!Array.isArray(raw)) return read(raw)
  const [valid = null, ...pairs] = raw as Reply[]
  const entries: TaggedEntry[] = []
  for (let at = 0; at < pairs.length; at += 2)
    entries.push({ key: keys[Number(pairs[at]) - 1] as string, head: pairs[at + 1] as Value })
  return new TaggedAnswer(entries, (invalid) => settle(read(valid), invalid))
}

/** The same command, whose answer is read further. */
export function mappedAnswer<In, Out>(call: Call<Answer<In>>, read: (value: In) => Out): Call<Answer<Out>> {
  return { ...call, reply: (raw) => furtherAnswer(call.reply(raw), read) }
}

function furtherAnswer<In, Out>(answer: Answer<In>, read: (value: In) => Out): Answer<Out> {
  if (!(answer instanceof TaggedAnswer)) return read(answer)
  return new TaggedAnswer(answer.entries, (invalid) => {
    const settled = answer.settle(invalid)
    return isCall(settled) ? mappedAnswer(settled, read) : read(settled)
  })
}

/** Whether the answer of a {@link TaggedAnswer} is still to be asked for. */
export function isCall<Out>(settled: Out | Call<Answer<Out>>): settled is Call<Answer<Out>> {
  return typeof settled === 'object' && settled !== null && 'args' in settled
}

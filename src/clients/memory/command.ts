import type { Reply } from '../../connection/connection.js'
import type { Binary } from './binary.js'
import type { Keyspace } from './keyspace.js'
import { syntaxError } from './refusal.js'

/**
 * What a command does and answers.
 * Shape: `args` is what follows its name; the reply's strings are {@link Binary}.
 * @throws {Refusal} what a server answers with an error
 */
export type Run = (keyspace: Keyspace, args: readonly Binary[]) => Reply

/**
 * Commands by their name.
 * Units: the number is the arity as COMMAND tells it: the name counts, and less than 0 is at least so many.
 */
export type Commands = Readonly<Record<string, readonly [arity: number, run: Run]>>

/** Options behind the fixed arguments, by their word; each takes its values from `next`. */
export type OptionMeanings = Readonly<Record<string, (next: () => Binary) => void>>

/** @throws {Refusal} a syntax error for a word that is no option, or lacks its value */
export function readOptions(words: readonly Binary[], meanings: OptionMeanings): void {
  let at = 0
  const next = (): Binary => {
    const word = words[at++]
    if (word === undefined) throw syntaxError()
    return word
  }
  while (at < words.length) {
    const meaning = meanings[next().toUpperCase()]
    if (meaning === undefined) throw syntaxError()
    meaning(next)
  }
}

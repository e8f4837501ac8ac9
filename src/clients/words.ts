import { show } from '../units.js'
import type { Value } from './command.js'

/** A part of a command as users write it; numbers are their decimal text. */
export type Word = string | number | bigint | Uint8Array

/**
 * A user's command as it goes to the wire.
 * @throws {TypeError} for what is no command
 */
export function wordsOf(args: readonly Word[]): readonly Value[] {
  if (!Array.isArray(args) || typeof args[0] !== 'string' || args[0] === '')
    throw new TypeError(`A command is an array that begins with its name, got ${show(args)}.`)
  return args.map(wordOf)
}

function checkWellFormed(word: string, place: number): string {
  if (word.isWellFormed()) return word
  throw new TypeError(`Argument ${place} of a command has half a surrogate pair.`)
}

function wordOf(word: unknown, place: number): Value {
  if (word instanceof Uint8Array) return word
  if (typeof word === 'string') return checkWellFormed(word, place)
  if (typeof word === 'bigint' || (typeof word === 'number' && !Number.isNaN(word))) return String(word)
  throw new TypeError(`Argument ${place} of a command must be a text, a number or bytes, got ${show(word)}.`)
}

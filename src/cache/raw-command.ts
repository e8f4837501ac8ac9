import type { Call, Intent, Value } from '../clients/command.js'
import { changesConnection, intentOf, isBlocking } from '../clients/command-table.js'
import { deletesOf } from '../clients/commands/strings.js'
import { wordsOf, type Word } from '../clients/words.js'
import type { Reply } from '../connection/connection.js'
import { ConfigurationError, UnsupportedError } from '../errors.js'
import type { Key, KeyMaker } from '../keys/key-maker.js'
import { show } from '../units.js'
import type { CommandOptions } from './options.js'

/** A command of the user's own, and whether the server may let it wait. */
export interface RawCommand {
  readonly call: Call<Reply>
  readonly blocks: boolean
}

/**
 * Makes a call of a user's command.
 * @throws {UnsupportedError} E_UNSUPPORTED when it would change a connection that others use, or nobody knows it
 * @throws {ConfigurationError} E_CONFIG for an intent or a place that cannot be
 */
export function rawCommand(args: readonly Word[], options: CommandOptions, keys: KeyMaker): RawCommand {
  const places = placesOf(options.key, args)
  const words = wordsOf(places.length === 0 ? args : withKeys(args, places, options, keys))
  const [name, rest] = [String(words[0]).toUpperCase(), words.slice(1)]
  if (changesConnection(name, rest))
    throw new UnsupportedError(`${name} changes the connection, which others use too; run it in cache.use().`)
  if (name === 'WAIT' || name === 'WAITAOF')
    throw new UnsupportedError(
      `${name} answers for the writes of its own connection; run both in cache.use(), or set minReplicas.`,
    )
  const intent = intentFor(name, rest, options.intent)
  const call: Call<Reply> = {
    name,
    intent,
    idempotent: intent === 'read',
    keys: places.map((place) => String(words[place])),
    args: words,
    decode: options.decode ?? 'text',
    reply: (raw) => raw,
    ...(deletes(name, rest, places) ? { keeps: () => deletesOf(places.map((place) => String(words[place]))) } : {}),
  }
  return { call, blocks: isBlocking(name, rest) }
}

/** Whether a command deletes keys, all of which are known. */
function deletes(name: string, rest: readonly Value[], places: readonly number[]): boolean {
  return (name === 'DEL' || name === 'UNLINK') && new Set(places).size === rest.length
}

function withKeys(
  args: readonly Word[],
  places: readonly number[],
  { version }: CommandOptions,
  keys: KeyMaker,
): readonly Word[] {
  return args.map((word, place) => (places.includes(place) ? keys.make(word as Key, version) : word))
}

function intentFor(name: string, rest: readonly Value[], asked: Intent | undefined): Intent {
  const known = intentOf(name, rest)
  if (known === 'write' && asked === 'read')
    throw new ConfigurationError('intent', `${name} writes, so it cannot go where reads go; leave it out`)
  const intent = asked ?? known
  if (intent !== undefined) return intent
  throw new UnsupportedError(`${name} is not a command that is known here; say { intent: 'read' } or 'write'.`)
}

function placesOf(key: CommandOptions['key'], args: readonly Word[]): readonly number[] {
  const places = key === undefined ? [] : typeof key === 'number' ? [key] : [...key]
  for (const place of places)
    if (!Number.isInteger(place) || place < 1 || place >= args.length)
      throw new ConfigurationError(
        'key',
        `expected places in the command, from 1 to ${args.length - 1}, got ${show(place)}`,
      )
  return places
}

import type { Reply } from '../../connection/connection.js'
import type { Call, Value } from '../command.js'
import { shaOf } from './script-sha.js'

/** How stored values are read: as the codec wants them. */
export type Decode = 'text' | 'buffer'

/** The command's name and its arguments; numbers as the server reads them. */
export type Words = readonly [name: string, ...args: (Value | number | bigint)[]]

/** A command that any role may answer, and that may be asked again. */
export function read<Out>(
  keys: readonly string[],
  words: Words,
  reply: (raw: Reply) => Out,
  decode: Decode = 'text',
): Call<Out> {
  return { name: words[0], intent: 'read', idempotent: true, keys, args: words.map(word), decode, reply }
}

/** A command that changes something, and is never repeated once it was sent. */
export function write<Out>(
  keys: readonly string[],
  words: Words,
  reply: (raw: Reply) => Out,
  decode: Decode = 'text',
): Call<Out> {
  return { name: words[0], intent: 'write', idempotent: false, keys, args: words.map(word), decode, reply }
}

/** A command that changes something, and may be repeated: the second time changes nothing more. */
export function repeatable<Out>(keys: readonly string[], words: Words, reply: (raw: Reply) => Out): Call<Out> {
  return { ...write(keys, words, reply), idempotent: true }
}

/** What a script of ours is called by. */
type ScriptParts<Out> = readonly [
  /** What it does, as the name of the command that comes nearest. */
  name: string,
  source: string,
  keys: readonly string[],
  argv: readonly Value[],
  reply: (raw: Reply) => Out,
]

/** A script of ours that writes. */
export function script<Out>(...parts: ScriptParts<Out>): Call<Out> {
  return scriptBy('EVALSHA', 'write', parts)
}

/** A script of ours that only reads: replicas may answer it. */
export function readScript<Out>(...parts: ScriptParts<Out>): Call<Out> {
  return scriptBy('EVALSHA_RO', 'read', parts)
}

function scriptBy<Out>(command: string, intent: 'read' | 'write', parts: ScriptParts<Out>): Call<Out> {
  const [name, source, keys, argv, reply] = parts
  const args = [command, shaOf(source), String(keys.length), ...keys, ...argv]
  return { name, intent, idempotent: intent === 'read', keys, args, script: source, decode: 'text', reply }
}

/** The same command, whose reply is read further. */
export function mapped<In, Out>(call: Call<In>, read: (value: In) => Out): Call<Out> {
  return withReply(call, (raw) => read(call.reply(raw)))
}

/** The same command, whose reply is read in another way. What a call makes only when asked is asked for here. */
export function withReply<Out>(call: Call<unknown>, reply: (raw: Reply) => Out): Call<Out> {
  const { name, intent, idempotent, keys, args, decode } = call
  return { ...call, name, intent, idempotent, keys, args, decode, reply }
}

function word(value: Value | number | bigint): Value {
  if (value === Infinity) return '+inf'
  if (value === -Infinity) return '-inf'
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
}

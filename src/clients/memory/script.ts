import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Binary } from './binary.js'
import { Refusal } from './refusal.js'

/** A script's `redis.call`. @throws {Refusal} what a server answers with an error */
export type RedisCall = (...command: readonly Binary[]) => Reply

/**
 * What a script of ours does, in JavaScript.
 * Errors: those of `call`; what ran before stays, as on a server.
 */
export type Twin = (call: RedisCall, keys: readonly Binary[], args: readonly Binary[]) => Reply

/** The string of a key, `''` when there is nothing; `undefined` for a list, a set or the like. */
export function stringAt(call: RedisCall, key: Binary): Binary | undefined {
  try {
    return String(call('GET', key) ?? '')
  } catch (error) {
    if (error instanceof Refusal && error.reply.code === 'WRONGTYPE') return undefined
    throw error
  }
}

/** What time it is on the server, in whole ms since 1970. */
export function timeIn(call: RedisCall): Milliseconds {
  const [seconds, microseconds] = call('TIME') as readonly Binary[]
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
}

import type { Reply } from '../../connection/connection.js'
import type { Binary } from './binary.js'

/** A script's `redis.call`. @throws {Refusal} what a server answers with an error */
export type RedisCall = (...command: readonly Binary[]) => Reply

/**
 * What a script of ours does, in JavaScript.
 * Errors: those of `call`; what ran before stays, as on a server.
 */
export type Twin = (call: RedisCall, keys: readonly Binary[], args: readonly Binary[]) => Reply

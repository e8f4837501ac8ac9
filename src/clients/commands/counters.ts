import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call } from '../command.js'
import { script, write } from './build.js'
import { nothing, number, wide } from './replies.js'

/** The new value; an absent key starts from 0 and gets no expiry. */
export function incrementBy(key: string, delta: number | bigint): Call<number | bigint> {
  return isWhole(delta) ? write([key], ['INCRBY', key, delta], wide) : write([key], ['INCRBYFLOAT', key, delta], number)
}

/**
 * The new value, or `undefined` when the key is absent, in one step. A fraction on either side makes it a fraction's sum.
 * The value travels as text: Lua's numbers lose digits past 2^53.
 */
export function incrementExisting(key: string, delta: number | bigint): Call<number | bigint | undefined> {
  const reply = (raw: Reply): number | bigint | undefined =>
    raw === null ? undefined : isWhole(delta) && /^-?\d+$/.test(String(raw)) ? wide(raw) : number(raw)
  const name = isWhole(delta) ? 'INCRBY' : 'INCRBYFLOAT'
  return script(name, incrementExistingScript, [key], [String(delta)], reply)
}

/**
 * Adds to a number, in one step; an absent key starts from 0 and is kept for `ttl`, a number that is there keeps its own.
 */
export function incrementFor(key: string, delta: number | bigint, ttl: Milliseconds): Call<number | bigint> {
  const existing = incrementExisting(key, delta)
  const reply = (raw: Reply): number | bigint => existing.reply(raw) ?? delta
  return script(existing.name, incrementOrCreateScript, [key], [String(delta), String(ttl)], reply)
}

/** Gives a value another key, which is overwritten, in one step and with its ttl; an error when it is not there. */
export function rename(from: string, to: string): Call<void> {
  return write([from, to], ['RENAME', from, to], nothing)
}

function isWhole(delta: number | bigint): boolean {
  return typeof delta === 'bigint' || Number.isInteger(delta)
}

export const incrementExistingScript: string = `local value = redis.call('GET', KEYS[1])
if not value then return false end
local fraction = string.find(value, '[.eE]') or string.find(ARGV[1], '[.eE]')
redis.call(fraction and 'INCRBYFLOAT' or 'INCRBY', KEYS[1], ARGV[1])
return redis.call('GET', KEYS[1])`

export const incrementOrCreateScript: string = `local value = redis.call('GET', KEYS[1])
local fraction = string.find(value or '', '[.eE]') or string.find(ARGV[1], '[.eE]')
redis.call(fraction and 'INCRBYFLOAT' or 'INCRBY', KEYS[1], ARGV[1])
if not value then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])`

import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call, Value } from '../command.js'
import { read, script, write, type Decode } from './build.js'
import { left } from './expiry.js'
import { count, fields, flag, number, optional, optionals, texts, values, wide } from './replies.js'

/** How many fields are new. */
export function hset(key: string, entries: readonly (readonly [field: string, value: Value])[]): Call<number> {
  return write([key], ['HSET', key, ...entries.flat()], count)
}

/** Whether it was written: false when the field was there. */
export function hsetnx(key: string, field: string, value: Value): Call<boolean> {
  return write([key], ['HSETNX', key, field, value], flag)
}

export function hget(key: string, field: string, decode: Decode): Call<Value | undefined> {
  return read([key], ['HGET', key, field], optional, decode)
}

export function hmget(key: string, names: readonly string[], decode: Decode): Call<readonly (Value | undefined)[]> {
  return read([key], ['HMGET', key, ...names], optionals, decode)
}

export function hgetall(key: string, decode: Decode): Call<readonly (readonly [field: string, value: Value])[]> {
  return read([key], ['HGETALL', key], fields, decode)
}

/** How many were there. */
export function hdel(key: string, names: readonly string[]): Call<number> {
  return write([key], ['HDEL', key, ...names], count)
}

export function hlen(key: string): Call<number> {
  return read([key], ['HLEN', key], count)
}

export function hkeys(key: string): Call<readonly string[]> {
  return read([key], ['HKEYS', key], texts)
}

export function hvals(key: string, decode: Decode): Call<readonly Value[]> {
  return read([key], ['HVALS', key], values, decode)
}

export function hexists(key: string, field: string): Call<boolean> {
  return read([key], ['HEXISTS', key, field], flag)
}

/** The new value; an absent field starts from 0. */
export function hincrby(key: string, field: string, delta: number | bigint): Call<number | bigint> {
  return typeof delta === 'bigint' || Number.isInteger(delta)
    ? write([key], ['HINCRBY', key, field, delta], wide)
    : write([key], ['HINCRBYFLOAT', key, field, delta], number)
}

/**
 * Writes fields that are over after `ttl`, all or none; how many of them are new. The script asks for a ttl first, so that a
 * server that has none for fields writes nothing.
 */
export function hsetFor(
  key: string,
  entries: readonly (readonly [field: string, value: Value])[],
  ttl: Milliseconds,
): Call<number> {
  return script('HSET', hsetForScript, [key], [String(ttl), ...entries.flat()], count)
}

/** For each field: whether it is there; a ttl of 0 removes it. */
export function hpexpire(key: string, names: readonly string[], ttl: Milliseconds): Call<readonly boolean[]> {
  const words = ['HPEXPIRE', key, Math.max(ttl, 0), 'FIELDS', names.length, ...names] as const
  return { ...write([key], words, areThere), idempotent: true }
}

/** For each field: whether it is there. */
export function hpersist(key: string, names: readonly string[]): Call<readonly boolean[]> {
  return { ...write([key], ['HPERSIST', key, 'FIELDS', names.length, ...names], areThere), idempotent: true }
}

/** For each field: what is left, in ms; `null`: no expiry; `undefined`: no such field. */
export function hpttl(key: string, names: readonly string[]): Call<readonly (Milliseconds | null | undefined)[]> {
  return read([key], ['HPTTL', key, 'FIELDS', names.length, ...names], (raw) => (raw as Reply[]).map(left))
}

function areThere(raw: Reply): readonly boolean[] {
  return (raw as Reply[]).map((code) => Number(code) !== noSuchField)
}

const noSuchField = -2

export const hsetForScript: string = `redis.call('HPTTL', KEYS[1], 'FIELDS', 1, ARGV[2])
local new = 0
for i = 2, #ARGV, 2 do
  new = new + redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  redis.call('HPEXPIRE', KEYS[1], ARGV[1], 'FIELDS', 1, ARGV[i])
end
return new`

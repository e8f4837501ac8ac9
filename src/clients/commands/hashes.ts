import type { Call, Value } from '../command.js'
import { read, write, type Decode } from './build.js'
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

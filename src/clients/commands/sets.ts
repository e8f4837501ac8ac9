import type { Call, Value } from '../command.js'
import { read, write, type Decode } from './build.js'
import { count, flag, flags, optional, values } from './replies.js'

/** Which members several sets come to. */
export type Combination = 'DIFF' | 'INTER' | 'UNION'

/** How many are new. */
export function sadd(key: string, members: readonly Value[]): Call<number> {
  return write([key], ['SADD', key, ...members], count)
}

/** How many were there. */
export function srem(key: string, members: readonly Value[]): Call<number> {
  return write([key], ['SREM', key, ...members], count)
}

export function scard(key: string): Call<number> {
  return read([key], ['SCARD', key], count)
}

export function smembers(key: string, decode: Decode): Call<readonly Value[]> {
  return read([key], ['SMEMBERS', key], values, decode)
}

export function sismember(key: string, member: Value): Call<boolean> {
  return read([key], ['SISMEMBER', key, member], flag)
}

export function smismember(key: string, members: readonly Value[]): Call<readonly boolean[]> {
  return read([key], ['SMISMEMBER', key, ...members], flags)
}

/** One, taken out; `undefined`: none is left. */
export function spop(key: string, decode: Decode): Call<Value | undefined> {
  return write([key], ['SPOP', key], optional, decode)
}

export function spopMany(key: string, most: number, decode: Decode): Call<readonly Value[]> {
  return write([key], ['SPOP', key, most], values, decode)
}

export function srandmember(key: string, decode: Decode): Call<Value | undefined> {
  return read([key], ['SRANDMEMBER', key], optional, decode)
}

/** A negative number may give members twice. */
export function srandmembers(key: string, most: number, decode: Decode): Call<readonly Value[]> {
  return read([key], ['SRANDMEMBER', key, most], values, decode)
}

/** Whether it was there to be moved. */
export function smove(source: string, destination: string, member: Value): Call<boolean> {
  return write([source, destination], ['SMOVE', source, destination, member], flag)
}

export function combine(how: Combination, keys: readonly string[], decode: Decode): Call<readonly Value[]> {
  return read(keys, [`S${how}`, ...keys], values, decode)
}

/** How many the destination has then; it is overwritten. */
export function combineInto(how: Combination, destination: string, keys: readonly string[]): Call<number> {
  return write([destination, ...keys], [`S${how}STORE`, destination, ...keys], count)
}

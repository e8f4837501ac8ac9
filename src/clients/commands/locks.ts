import type { Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Call, Value } from '../command.js'
import { read, script } from './build.js'
import { flag, optional } from './replies.js'

/** The lock is ours. */
export interface Acquired {
  /** Greater than those of all holders before, where it was asked for. */
  readonly fence: number | undefined
}

/**
 * Takes the lock if it is free; `undefined` when it is somebody else's.
 * Shape: one key that holds the owner's token, as valkey-py's Lock. GET makes it repeatable: when the reply was lost, the
 * same token in the next one says that the lock was ours already.
 */
export function acquireLock(key: string, token: string, ttl: Milliseconds | undefined): Call<Acquired | undefined> {
  const args = ['SET', key, token, 'NX', 'GET', ...expiry(ttl)]
  const reply = (raw: Reply): Acquired | undefined => (raw === null || raw === token ? unfenced : undefined)
  return { name: 'SET', intent: 'write', idempotent: true, keys: [key], args, decode: 'text', reply }
}

/** As {@link acquireLock}, with a fencing number from `counter`. */
export function acquireFenced(
  key: string,
  counter: string,
  token: string,
  ttl: Milliseconds | undefined,
): Call<Acquired | undefined> {
  const reply = (raw: Reply): Acquired | undefined => (raw === null ? undefined : { fence: Number(raw) })
  return { ...script('LOCK ACQUIRE', acquireScript, [key, counter], [token, ...expiry(ttl)], reply), idempotent: true }
}

/** Whether it was ours to end. */
export function releaseLock(key: string, token: string): Call<boolean> {
  return script('LOCK RELEASE', releaseScript, [key], [token], flag)
}

/** Adds time to what is left, or with `replace` sets what is left; whether it was ours and has a ttl. */
export function extendLock(key: string, token: string, by: Milliseconds, replace: boolean): Call<boolean> {
  return script('LOCK EXTEND', extendScript, [key], [token, String(by), replace ? '1' : '0'], flag)
}

/** Sets what is left to `ttl` where less is left, and never shortens it; its reply says whether the lock was ours. */
export function keepLock(key: string, token: string, ttl: Milliseconds): Call<boolean> {
  return { ...script('LOCK KEEP', keepScript, [key], [token, String(ttl)], flag), idempotent: true }
}

/** Reads the holder's token. Never gathered with other GETs, so that their form of reply is not its own. */
export function lockHolder(key: string): Call<Value | undefined> {
  return read([key], ['GET', key], optional, 'text')
}

/** Sets what is left; whether it was ours. */
export function reacquireLock(key: string, token: string, ttl: Milliseconds): Call<boolean> {
  return script('LOCK REACQUIRE', reacquireScript, [key], [token, String(ttl)], flag)
}

/**
 * A fencing number is one more than the last, or the server's time in ms, whichever is greater: so it grows too when the
 * counter was lost, be it in a failover, by eviction or because it had not been used for a day.
 */
export const acquireScript = `local holder = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', unpack(ARGV, 2))
if holder and holder ~= ARGV[1] then return false end
local now = redis.call('TIME')
local last = tonumber(redis.call('GET', KEYS[2]) or 0)
local fence = math.max(last + 1, now[1] * 1000 + math.floor(now[2] / 1000))
redis.call('SET', KEYS[2], string.format('%.0f', fence), 'PX', 86400000)
return fence`

export const releaseScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`

export const extendScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then return 0 end
if ARGV[3] == '1' then left = 0 end
return redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left + ARGV[2]))`

export const reacquireScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`

/** An extension may have been executed just before: GT keeps the later end, whichever came first. */
export const keepScript = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2], 'GT')
return 1`

function expiry(ttl: Milliseconds | undefined): readonly string[] {
  return ttl === undefined ? [] : ['PX', String(ttl)]
}

const unfenced: Acquired = { fence: undefined }

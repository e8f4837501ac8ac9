import type { Reply } from '../../connection/connection.js'
import type { Call } from '../command.js'
import { script } from './build.js'
import { flag } from './replies.js'

/**
 * Runs a write if a lock still holds the token, ends the lock, and wakes who listens to the channel of the lock's name;
 * its reply says whether the write ran. May be repeated: the second time the token is gone, and nothing is written.
 */
export function writeUnderLock(write: Call<unknown>, lock: string, token: string): Call<boolean> {
  const { script: source = commandScript, keys, args } = write
  const argv = write.script === undefined ? args : args.slice(3 + keys.length)
  const ran = (raw: Reply): boolean => raw !== 'LOST'
  return { ...script(write.name, underLock(source), [lock, ...keys], [token, ...argv], ran), idempotent: true }
}

/** Ends a lock if it still holds the token, and wakes who listens; its reply says whether it did. May be repeated. */
export function endLock(lock: string, token: string): Call<boolean> {
  return { ...script('LOAD END', endLockScript, [lock], [token], flag), idempotent: true }
}

/** A command as a script. */
export const commandScript = `return redis.call(unpack(ARGV))`

/** A script under a lock, which ends first: whatever becomes of the script, and whether or not our user may publish. */
export function underLock(source: string): string {
  const known = locked.get(source)
  if (known !== undefined) return known
  const made = `${endingLock}redis.pcall('SPUBLISH', KEYS[1], '')
if ended == 0 then return 'LOST' end
local KEYS, ARGV = { unpack(KEYS, 2) }, { unpack(ARGV, 2) }
${source}`
  locked.set(source, made)
  return made
}

/** What is published when a load ends without a value; nothing in it where a value was written, or its lock was gone. */
export const withoutValue = 'nothing'

const endingLock = `local ended = 0
if redis.call('GET', KEYS[1]) == ARGV[1] then ended = redis.call('UNLINK', KEYS[1]) end
`

export const endLockScript: string = `${endingLock}redis.pcall('SPUBLISH', KEYS[1], ended == 1 and '${withoutValue}' or '')
return ended`

/** Scripts under a lock, by what they were made of. */
const locked = new Map<string, string>()

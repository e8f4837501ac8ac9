import type { Reply } from '../../connection/connection.js'
import { wallClock, type Milliseconds } from '../../units.js'
import type { Call, KeptWrite } from '../command.js'
import { read, repeatable } from './build.js'
import { flag } from './replies.js'
import { deletesOf } from './strings.js'

/** Whether the key was there. */
export function pexpire(key: string, ttl: Milliseconds): Call<boolean> {
  return repeatable([key], ['PEXPIRE', key, ttl], flag)
}

/** Whether the key was there; `at` is in ms since 1970. */
export function pexpireAt(key: string, at: Milliseconds): Call<boolean> {
  return { ...repeatable([key], ['PEXPIREAT', key, at], flag), keeps: () => deletedAt(key, at) }
}

/** What is kept of a command that gives a key its end, in ms since 1970: when that has passed, the key must be gone. */
export function deletedAt(key: string, at: Milliseconds): readonly KeptWrite[] {
  return at <= wallClock.now() ? deletesOf([key]) : []
}

/** Whether the key had an expiry. */
export function persist(key: string): Call<boolean> {
  return repeatable([key], ['PERSIST', key], flag)
}

/** What is left, in ms; `null`: no expiry; `undefined`: no such key. */
export function pttl(key: string): Call<Milliseconds | null | undefined> {
  return read([key], ['PTTL', key], left)
}

/** What is left of a ttl, in ms; `null`: no expiry; `undefined`: nothing is there. */
export function left(reply: Reply): Milliseconds | null | undefined {
  const ttl = Number(reply)
  return ttl === -2 ? undefined : ttl === -1 ? null : ttl
}

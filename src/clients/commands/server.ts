import { timeOf } from '../../connection/server-clock.js'
import type { Milliseconds } from '../../units.js'
import type { Call } from '../command.js'
import { read, write } from './build.js'
import { nothing } from './replies.js'

export function ping(): Call<void> {
  return { ...read([], ['PING'], nothing), everywhere: true }
}

/** What time it is on the clock of the server that has a key, in ms since 1970. */
export function time(key: string): Call<Milliseconds> {
  return read([key], ['TIME'], timeOf)
}

/** Empties the database; memory is given back beside other work. */
export function flushDatabase(): Call<void> {
  return { ...write([], ['FLUSHDB', 'ASYNC'], nothing), everywhere: true }
}

/** The server's name and version, for example `Valkey 8.0.1`. */
export function serverVersion(): Call<string> {
  return read([], ['INFO', 'server'], (raw) => {
    const [, name, version] = /^(valkey|redis)_version:(\S+)/m.exec(valkeyFirst(String(raw))) ?? []
    return name === undefined ? 'this server' : `${name === 'valkey' ? 'Valkey' : 'Redis'} ${version}`
  })
}

/** How the server that has a key makes room when its memory is full; `undefined` when it never takes a key away. */
export function evictionPolicy(key: string): Call<string | undefined> {
  return read([key], ['INFO', 'memory'], (raw) => {
    const [, most = '0'] = /^maxmemory:(\d+)/m.exec(String(raw)) ?? []
    const [, policy = 'noeviction'] = /^maxmemory_policy:(\S+)/m.exec(String(raw)) ?? []
    return most === '0' || policy === 'noeviction' ? undefined : policy
  })
}

/** Valkey says which Redis it can stand in for, before it says its own version. */
function valkeyFirst(info: string): string {
  return info.slice(Math.max(0, info.indexOf('valkey_version:')))
}

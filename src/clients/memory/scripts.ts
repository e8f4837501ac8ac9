import type { Reply } from '../../connection/connection.js'
import { UnsupportedError } from '../../errors.js'
import { incrementExistingScript } from '../commands/counters.js'
import type { Binary } from './binary.js'
import type { Run } from './command.js'
import { toCount } from './numbers.js'

/**
 * What a script of ours does, in JavaScript; `call` is the script's `redis.call`.
 * Errors: those of `call`; what ran before stays, as on a server.
 */
type Twin = (call: (...command: readonly Binary[]) => Reply, keys: readonly Binary[], args: readonly Binary[]) => Reply

/** Every script of ours has its twin here. */
export const twins: ReadonlyMap<string, Twin> = new Map<string, Twin>([
  [
    incrementExistingScript,
    (call, [key = ''], [delta = '']) => {
      const value = call('GET', key)
      if (value === null) return null
      const fraction = /[.eE]/.test(`${String(value)} ${delta}`)
      call(fraction ? 'INCRBYFLOAT' : 'INCRBY', key, delta)
      return call('GET', key)
    },
  ],
])

/**
 * Runs the twin of a script on the arguments of its EVALSHA.
 * @throws {UnsupportedError} E_UNSUPPORTED a script that is not ours
 */
export function runnerOfScript(script: string, runnerOf: (name: Binary) => Run): Run {
  const twin = twins.get(script)
  if (twin === undefined)
    throw new UnsupportedError('The memory client runs no scripts of yours; use a server for them.')
  return (keyspace, [, count = '', ...rest]) => {
    const keys = toCount(count, 0, "ERR Number of keys can't be negative")
    const call = (...[name = '', ...args]: readonly Binary[]): Reply => runnerOf(name)(keyspace, args)
    return twin(call, rest.slice(0, keys), rest.slice(keys))
  }
}

import type { Reply } from '../../connection/connection.js'
import { UnsupportedError } from '../../errors.js'
import { incrementExistingScript, incrementOrCreateScript } from '../commands/counters.js'
import { commandScript, endLockScript, underLock } from '../commands/fleet.js'
import { hsetForScript } from '../commands/hashes.js'
import { acquireScript, extendScript, keepScript, reacquireScript, releaseScript } from '../commands/locks.js'
import { replaceScript, replaceValueScript } from '../commands/loads.js'
import type { Binary } from './binary.js'
import type { Run } from './command.js'
import { entryTwins } from './entry-scripts.js'
import { herdTwins } from './herd-scripts.js'
import { toCount } from './numbers.js'
import { Refusal } from './refusal.js'
import { timeIn, type Twin } from './script.js'
import { tagTwins } from './tag-scripts.js'

const incrementExisting: Twin = (call, [key = ''], [delta = '']) => {
  const value = call('GET', key)
  if (value === null) return null
  const fraction = /[.eE]/.test(`${String(value)} ${delta}`)
  call(fraction ? 'INCRBYFLOAT' : 'INCRBY', key, delta)
  return call('GET', key)
}

const incrementOrCreate: Twin = (call, [key = ''], [delta = '', ttl = '']) => {
  const value = call('GET', key)
  const fraction = /[.eE]/.test(`${String(value ?? '')} ${delta}`)
  call(fraction ? 'INCRBYFLOAT' : 'INCRBY', key, delta)
  if (value === null) call('PEXPIRE', key, ttl)
  return call('GET', key)
}

const hsetFor: Twin = (call, [key = ''], [ttl = '', ...pairs]) => {
  call('HPTTL', key, 'FIELDS', '1', pairs[0] ?? '')
  let added = 0
  for (let index = 0; index < pairs.length; index += 2) {
    const [field = '', value = ''] = pairs.slice(index, index + 2)
    added += Number(call('HSET', key, field, value))
    call('HPEXPIRE', key, ttl, 'FIELDS', '1', field)
  }
  return added
}

const acquire: Twin = (call, [key = '', counter = ''], [token = '', ...expiry]) => {
  const holder = call('SET', key, token, 'NX', 'GET', ...expiry)
  if (holder !== null && holder !== token) return null
  const now = timeIn(call)
  const last = Number(call('GET', counter) ?? 0)
  if (Number.isNaN(last)) throw new Refusal('ERR the counter of fencing numbers is not a number')
  const fence = Math.max(last + 1, now)
  call('SET', counter, String(fence), 'PX', '86400000')
  return fence
}

const release: Twin = (call, [key = ''], [token]) => (call('GET', key) === token ? call('DEL', key) : 0)

const extend: Twin = (call, [key = ''], [token, by, replace]) => {
  const left = call('GET', key) === token ? Number(call('PTTL', key)) : -1
  return left < 0 ? 0 : call('PEXPIRE', key, String((replace === '1' ? 0 : left) + Number(by)))
}

const reacquire: Twin = (call, [key = ''], [token, ttl = '']) =>
  call('GET', key) === token ? call('PEXPIRE', key, ttl) : 0

const keep: Twin = (call, [key = ''], [token, ttl = '']) => {
  if (call('GET', key) !== token) return 0
  call('PEXPIRE', key, ttl, 'GT')
  return 1
}

const replace: Twin = (call, [key = ''], [, seen = '', value = '', ...expiry]) => {
  const held = call('GET', key)
  if (held !== null && !mayBeReplaced(String(held), seen, call)) return 0
  if (value === '') return call('UNLINK', key)
  call('SET', key, value, ...expiry)
  return 1
}

const replaceSame: Twin = (call, [key = ''], [same, value, ...expiry]) => {
  const held = call('GET', key)
  if (held !== null && held !== same) return 0
  if (value === undefined) return call('UNLINK', key)
  call('SET', key, value, ...expiry)
  return 1
}

/** Whether an entry is the one that was seen, or stale; what is fresh as long as it is there is neither. */
function mayBeReplaced(entry: Binary, seen: Binary, call: Parameters<Twin>[0]): boolean {
  if (entry.length < 19 || !entry.startsWith('\xc1\x02')) return false
  const until = Number(Buffer.from(entry.slice(3, 11), 'latin1').readBigUInt64BE())
  return until !== 0 && (entry.slice(3, 19) === seen || timeIn(call) >= until)
}

const command: Twin = (call, _, args) => call(...args)

/** Nobody listens here: there is no other process. */
function twinUnderLock(write: Twin): Twin {
  return (call, [lock = '', ...keys], [token = '', ...args]) =>
    release(call, [lock], [token]) === 0 ? 'LOST' : write(call, keys, args)
}

/** Every script of ours has its twin here. */
export const twins: ReadonlyMap<string, Twin> = new Map([
  [incrementExistingScript, incrementExisting],
  [incrementOrCreateScript, incrementOrCreate],
  [hsetForScript, hsetFor],
  [acquireScript, acquire],
  [releaseScript, release],
  [extendScript, extend],
  [reacquireScript, reacquire],
  [keepScript, keep],
  [replaceScript, replace],
  [replaceValueScript, replaceSame],
  ...entryTwins,
  [underLock(commandScript), twinUnderLock(command)],
  [underLock(replaceScript), twinUnderLock(replace)],
  [underLock(replaceValueScript), twinUnderLock(replaceSame)],
  [endLockScript, release],
  ...herdTwins,
  ...tagTwins,
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

import type { ResolvedCache } from '../../../config/resolve.js'
import type { ResolvedRemote } from '../../../config/resolve-remote.js'
import { KeyMaker } from '../../../keys/key-maker.js'
import { commandName } from '../../look/node.js'
import type { Check, Problem } from '../check.js'

/** A command that a cache sends, as it would be sent. */
interface Right {
  readonly args: readonly string[]
  /** Whether the cache works without it, only worse. */
  readonly optional?: boolean
}

/** Our user may run what the cache sends. */
export const rights: Check = {
  name: 'rights',
  fine: ({ facts: { nodes } }) =>
    nodes.some(({ state }) => state === 'up') ? 'our user may run all that the cache sends' : undefined,
  problems: ({ facts: { nodes }, cache, remote }) => {
    const optional = new Set(
      rightsOf(cache, remote)
        .filter((right) => right.optional)
        .map(({ args }) => commandName(args)),
    )
    return nodes.flatMap(({ address, told }): readonly Problem[] => {
      if (told === undefined) return []
      if (told.refused === undefined) return [unknown(address)]
      const [lesser, needed] = [
        told.refused.filter((name) => optional.has(name)),
        told.refused.filter((name) => !optional.has(name)),
      ]
      return [...missing(address, needed, 'fail'), ...missing(address, lesser, 'warn')]
    })
  },
}

function unknown(address: string): Problem {
  const message = 'our user may not ask what it is allowed to do, so that is not known'
  return { level: 'warn', subject: address, message, advice: 'run doctor as a user with +acl|whoami +acl|dryrun' }
}

function missing(address: string, names: readonly string[], level: Problem['level']): readonly Problem[] {
  if (names.length === 0) return []
  const message = `our user may not run ${names.join(', ')} on the keys of this cache`
  const rules = names.map((name) => `+${name.toLowerCase().replace(' ', '|')}`).join(' ')
  return [
    {
      level,
      subject: address,
      message,
      advice: `run ACL SETUSER <user> ${rules}, and give it the cache's keys (~<prefix>:*)`,
    },
  ]
}

/** The commands that a cache sends, by its configuration, as `ACL DRYRUN` takes them. Pure. */
export function rightsOf(cache: ResolvedCache, remote: ResolvedRemote): readonly Right[] {
  const keys = new KeyMaker(cache.prefix, cache.version, cache.keyFunctions)
  const [key, helper] = [keys.make(sample), keys.beside('tag', sample)]
  const writes = remote.servers.roles === 'replica' ? [] : writing(key)
  return [
    ...reading(key),
    ...writes,
    ...(cache.codec.format === 'framed' ? framed(key, helper) : []),
    ...(cache.loading.singleFlight === 'fleet' ? fleet(helper) : []),
    ...(cache.near === undefined ? [] : [{ args: ['CLIENT', 'TRACKING', 'ON'] }]),
    ...(remote.commands.minReplicas > 0 ? [{ args: ['WAIT', '1', '1'] }] : []),
    ...(remote.sentinel === undefined ? [] : watching),
    ...(remote.cluster === undefined ? [] : mapped),
    { args: ['INFO'], optional: true },
  ]
}

function reading(key: string): readonly Right[] {
  return [
    ['GET', key],
    ['MGET', key],
    ['EXISTS', key],
    ['PTTL', key],
    ['SCAN', '0'],
  ].map((args) => ({ args }))
}

function writing(key: string): readonly Right[] {
  const commands = [
    ['SET', key, ''],
    ['UNLINK', key],
    ['GETDEL', key],
    ['PEXPIRE', key, '1'],
    ['PERSIST', key],
    ['INCRBY', key, '1'],
    ['EVAL', 'return 1', '1', key],
    ['EVALSHA', '0'.repeat(40), '1', key],
  ]
  return commands.map((args) => ({ args }))
}

/** Scripts judge frames, and tags have keys of their own. */
function framed(key: string, helper: string): readonly Right[] {
  const commands = [
    ['TIME'],
    ['EVAL_RO', 'return 1', '1', key],
    ['EVALSHA_RO', '0'.repeat(40), '1', key],
    ['GETRANGE', key, '0', '1'],
    ['GET', helper],
  ]
  return commands.map((args) => ({ args }))
}

function fleet(helper: string): readonly Right[] {
  return [
    ['SET', helper, ''],
    ['SSUBSCRIBE', helper],
    ['SPUBLISH', helper, ''],
  ].map((args) => ({ args }))
}

const watching: readonly Right[] = [
  { args: ['ROLE'], optional: true },
  { args: ['CLIENT', 'CAPA', 'redirect'], optional: true },
]

/** A connection to a replica of a cluster says READONLY before it reads. */
const mapped: readonly Right[] = [{ args: ['CLUSTER', 'SHARDS'] }, { args: ['READONLY'] }]

const sample = 'valkey-cache-doctor'

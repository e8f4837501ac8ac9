import type { ResolvedCache } from '../../../config/resolve.js'
import type { ResolvedRemote } from '../../../config/resolve-remote.js'
import { KeyMaker } from '../../../keys/key-maker.js'
import { idQuestion, questions } from '../../../topology/sentinel/answer.js'
import { sentinelChannels } from '../../../topology/sentinel/events.js'
import type { NodeFacts, SentinelFacts } from '../../look/facts.js'
import { commandName } from '../../look/rights.js'
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
  problems: ({ facts: { nodes, sentinels }, cache, remote }) => [
    ...lacking(nodes, rightsOf(cache, remote), onNodes),
    ...lacking(sentinels, sentinelRightsOf(remote), onSentinels),
  ],
}

/** Where rights are, and what an access list needs there beside the commands. */
interface Place {
  readonly where: string
  readonly beside: string
}

const onNodes: Place = {
  where: 'on the keys and channels of this cache',
  beside: ", and give it the cache's keys (~<prefix>:*) and channels (&<prefix>:@*)",
}
const onSentinels: Place = { where: 'on the sentinels', beside: ' there, and allchannels' }

function lacking(
  servers: readonly (NodeFacts | SentinelFacts)[],
  needs: readonly Right[],
  place: Place,
): readonly Problem[] {
  const optional = new Set(needs.filter((right) => right.optional).map(({ args }) => commandName(args)))
  return servers.flatMap(({ address, told }): readonly Problem[] => {
    if (told === undefined) return []
    if (told.refused === undefined) return [unknown(address)]
    const lesser = told.refused.filter((name) => optional.has(name))
    const needed = told.refused.filter((name) => !optional.has(name))
    return [
      ...missing(address, needed, { level: 'fail', ...place }),
      ...missing(address, lesser, { level: 'warn', ...place }),
    ]
  })
}

function unknown(address: string): Problem {
  const message = 'our user may not ask what it is allowed to do, so that is not known'
  return { level: 'warn', subject: address, message, advice: 'run doctor as a user with +acl|whoami +acl|dryrun' }
}

function missing(
  address: string,
  names: readonly string[],
  { level, where, beside }: Place & Pick<Problem, 'level'>,
): readonly Problem[] {
  if (names.length === 0) return []
  const rules = names.map((name) => `+${name.toLowerCase().replace(' ', '|')}`).join(' ')
  const message = `our user may not run ${names.join(', ')} ${where}`
  return [{ level, subject: address, message, advice: `run ACL SETUSER <user> ${rules}${beside}` }]
}

/** The commands that a cache sends, by its configuration, as `ACL DRYRUN` takes them. Pure. */
export function rightsOf(cache: ResolvedCache, remote: ResolvedRemote): readonly Right[] {
  const keys = new KeyMaker(cache.prefix, cache.version, cache.keyFunctions)
  const [key, helper] = [keys.make(sample), keys.beside('tag', sample)]
  const isFramed = cache.codec.format === 'framed'
  const isScripted = isFramed || cache.loading.herdTimeout !== undefined
  const isWriter = remote.servers.roles !== 'replica'
  return [
    ...connecting(remote),
    ...reading(key),
    ...(isWriter ? writing(key) : []),
    ...(isScripted ? scripted(key) : []),
    ...(isScripted && isWriter ? writingScripted(key) : []),
    ...(isFramed ? [{ args: ['GET', helper] }] : []),
    ...(cache.loading.singleFlight === 'fleet' ? fleet(helper) : []),
    ...(cache.near === undefined ? [] : [{ args: ['CLIENT', 'TRACKING', 'ON'] }]),
    ...(remote.commands.minReplicas > 0 ? [{ args: ['WAIT', '1', '1'] }] : []),
    ...(remote.sentinel === undefined ? [] : watching),
    ...(remote.cluster === undefined ? [] : mapped),
    { args: ['INFO'], optional: true },
  ]
}

function connecting({ connection: { clientName, database } }: ResolvedRemote): readonly Right[] {
  return [
    { args: ['HELLO'] },
    { args: ['PING'] },
    ...(clientName === undefined ? [] : [{ args: ['CLIENT', 'SETNAME', clientName], optional: true }]),
    ...(database === 0 ? [] : [{ args: ['SELECT', String(database)] }]),
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
    ['PEXPIREAT', key, '1'],
    ['PERSIST', key],
    ['INCRBY', key, '1'],
    ['INCRBYFLOAT', key, '1'],
    ['RENAME', key, key],
    ['EVAL', 'return 1', '1', key],
    ['EVALSHA', '0'.repeat(40), '1', key],
  ]
  return commands.map((args) => ({ args }))
}

/** Scripts judge frames, and values of a herd cache. */
function scripted(key: string): readonly Right[] {
  const commands = [
    ['TIME'],
    ['EVAL_RO', 'return 1', '1', key],
    ['EVALSHA_RO', '0'.repeat(40), '1', key],
    ['GETRANGE', key, '0', '1'],
    ['STRLEN', key],
  ]
  return commands.map((args) => ({ args }))
}

function writingScripted(key: string): readonly Right[] {
  return [{ args: ['SETRANGE', key, '0', ''] }, { args: ['PEXPIRETIME', key] }]
}

function fleet(helper: string): readonly Right[] {
  return [
    ['SET', helper, ''],
    ['SSUBSCRIBE', helper],
    ['SUNSUBSCRIBE', helper],
    ['SPUBLISH', helper, ''],
  ].map((args) => ({ args }))
}

/** The commands that a cache sends to sentinels. Pure. */
export function sentinelRightsOf({ sentinel, servers: { common } }: ResolvedRemote): readonly Right[] {
  if (sentinel === undefined) return []
  return [
    { args: ['SUBSCRIBE', ...sentinelChannels] },
    ...questions(common.host).map(({ args }) => ({ args: args.map(String) })),
    { args: idQuestion.args.map(String), optional: true },
  ]
}

const watching: readonly Right[] = [
  { args: ['ROLE'], optional: true },
  { args: ['CLIENT', 'CAPA', 'redirect'], optional: true },
]

/** A connection to a replica of a cluster says READONLY before it reads. */
const mapped: readonly Right[] = [{ args: ['CLUSTER', 'SHARDS'] }, { args: ['READONLY'] }]

const sample = 'valkey-cache-doctor'

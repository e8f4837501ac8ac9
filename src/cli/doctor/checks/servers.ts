import type { Milliseconds } from '../../../units.js'
import type { Facts, NodeFacts } from '../../look/facts.js'
import { numberIn, type Software } from '../../look/info.js'
import { timeText } from '../../terminal/units.js'
import { ofTold, type Check, type Evidence, type Problem } from '../check.js'
import { faultsOf, isBefore, versionOf } from '../known-faults.js'

/** Every server is of a version that can be used and has no known fault, and a replica reads what its primary writes. */
export const versions: Check = {
  name: 'versions',
  fine({ facts }) {
    const known = new Set(softwareIn(facts).map(({ software }) => `${software.name} ${software.version}`))
    return known.size === 0 ? undefined : [...known].join(', ')
  },
  problems: ({ facts }) => [...softwareIn(facts).flatMap(tooOld), ...faulty(facts), ...olderReplicas(facts)],
}

interface Versioned {
  readonly address: string
  readonly software: Software
  readonly primary: string | undefined
}

function softwareIn({ nodes }: Facts): readonly Versioned[] {
  return nodes.flatMap(({ address, told }) => {
    const role = told?.role
    const primary = role?.role === 'replica' ? role.primary : undefined
    return told?.software === undefined ? [] : [{ address, software: told.software, primary }]
  })
}

function tooOld({ address, software: { name, version } }: Versioned): readonly Problem[] {
  if (name === 'Valkey' || (versionOf(version)[0] ?? 0) >= 7) return []
  const message = `${name} ${version} lacks commands that are needed here`
  return [{ level: 'fail', subject: address, message, advice: 'use Valkey, or Redis from 7.0 on' }]
}

function faulty({ nodes, sentinels }: Facts): readonly Problem[] {
  const all = [...nodes.map((node) => ['node', node] as const), ...sentinels.map((one) => ['sentinel', one] as const)]
  return all.flatMap(([kind, { address, told }]) => {
    const software = told?.software
    const faults = software === undefined ? [] : faultsOf(kind, software)
    return faults.map(({ what, fixed, source }): Problem => ({
      level: 'warn',
      subject: address,
      message: `${software?.name} ${software?.version} has a known fault: ${what} (${source})`,
      advice: `upgrade to ${fixed} or later`,
    }))
  })
}

/** Replication is from older to newer versions; back it may fail, as after a failover to the newer one. */
function olderReplicas(facts: Facts): readonly Problem[] {
  const all = softwareIn(facts)
  return all.flatMap(({ address, software, primary }) => {
    const from = all.find((other) => other.address === primary)?.software
    if (from === undefined || from.name !== software.name || !isOlder(software.version, from.version)) return []
    const message = `the replica is ${software.name} ${software.version}, older than its primary (${from.version}): it may not understand what it is sent`
    return [{ level: 'warn', subject: address, message, advice: 'upgrade the replicas first, then fail over' }]
  })
}

/** Patches do not change what is replicated. */
function isOlder(version: string, other: string): boolean {
  return isBefore(version, other.split('.', 2).join('.'))
}

/** Every server has its data in memory, and can save it where it must. */
export const persistence: Check = {
  name: 'persistence',
  fine: ({ facts }) => ofTold(facts, 'no server is loading, or fails to save'),
  problems: ({ facts: { nodes } }) => nodes.flatMap((node) => [...loading(node), ...cannotSave(node)]),
}

function loading({ address, told }: NodeFacts): readonly Problem[] {
  if (told?.info?.get('loading') !== '1') return []
  const message = 'the server is loading its data, and answers nothing until then'
  return [{ level: 'fail', subject: address, message, advice: 'wait; INFO persistence says how far it is' }]
}

function cannotSave({ address, told }: NodeFacts): readonly Problem[] {
  const failed = told?.info?.get('rdb_last_bgsave_status') === 'err'
  if (!failed) return []
  const stops = told?.settings.get('stop-writes-on-bgsave-error') !== 'no'
  const message = `the last save failed${stops ? ', so the server refuses writes (MISCONF)' : ''}`
  const advice =
    'see its log: the disk is full, the folder cannot be written to, or fork fails for lack of memory (vm.overcommit_memory)'
  return [{ level: stops ? 'fail' : 'warn', subject: address, message, advice }]
}

/** The clocks of the servers and of this host agree. */
export const clocks: Check = {
  name: 'clocks',
  fine: ({ facts: { nodes } }) =>
    nodes.some(({ ahead }) => ahead !== undefined) ? 'the clocks of the nodes and of this host agree' : undefined,
  problems: ({ facts: { nodes } }) =>
    nodes.flatMap(({ address, ahead, roundTrip = 0 }): readonly Problem[] => {
      if (ahead === undefined || Math.abs(ahead) <= skewAllowed + roundTrip) return []
      const message = `its clock is ${timeText(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} the clock of this host`
      const advice =
        'run NTP on both; a failover to a server whose clock is wrong makes values fresh for too long, or not at all, and Sentinel goes by its clock'
      return [{ level: 'warn', subject: address, message, advice }]
    }),
}

/** The certificates are valid for a while. */
export const certificates: Check = {
  name: 'certificates',
  fine: ({ facts: { nodes, sentinels } }) =>
    [...nodes, ...sentinels].some(({ certificate }) => certificate)
      ? 'the certificates are valid for two weeks and longer'
      : undefined,
  problems: ({ facts: { nodes, sentinels, at } }) =>
    [...nodes, ...sentinels].flatMap(({ address, certificate }): readonly Problem[] => {
      const left = (certificate?.until ?? Infinity) - at
      if (left > renewal) return []
      const message =
        left < 0 ? `its certificate ended ${timeText(-left)} ago` : `its certificate ends in ${timeText(left)}`
      const advice = 'renew it, and have the server read it with CONFIG SET tls-cert-file, or restart it'
      return [{ level: left < 0 ? 'fail' : 'warn', subject: address, message, advice }]
    }),
}

/** The servers have as many clients as they should, and room for more. */
export const clients: Check = {
  name: 'clients',
  fine: ({ facts, remote }) => ofTold(facts, `no server is nearly out of connections${leaksText(facts, remote)}`),
  problems: ({ facts: { nodes }, remote }) =>
    nodes.flatMap((node) => [
      ...crowded(node),
      ...leaking(node, remote.connection.clientName, remote.pool.connections),
    ]),
}

function leaksText({ nodes }: Facts, { connection: { clientName } }: Evidence['remote']): string {
  if (clientName === undefined) return '; without a clientName it is not known whether a process leaks them'
  return nodes.some(({ told }) => told?.info && told.clients === undefined)
    ? '; without +client|list it is not known whether a process leaks them'
    : ', and no host has more than its processes need'
}

function crowded({ address, told }: NodeFacts): readonly Problem[] {
  const [connected = 0, most] = [numberIn(told?.info, 'connected_clients'), numberIn(told?.info, 'maxclients')]
  if (most === undefined || connected < most * 0.8) return []
  const message = `the server has ${connected} clients of at most ${most} (maxclients)`
  const advice = 'find who they are with CLIENT LIST, or raise maxclients and the limit of open files'
  return [{ level: connected < most * 0.95 ? 'warn' : 'fail', subject: address, message, advice }]
}

/** Nothing tells the processes of a host apart, so only what no host runs that many of is too many. */
function leaking(
  { address, told }: NodeFacts,
  clientName: string | undefined,
  connections: number,
): readonly Problem[] {
  if (clientName === undefined) return []
  const perProcess = connections + 2
  const hosts = new Map<string, number>()
  for (const { host, name } of told?.clients ?? []) if (name === clientName) hosts.set(host, (hosts.get(host) ?? 0) + 1)
  return [...hosts]
    .filter(([, count]) => count > perProcess * mostProcesses)
    .map(([host, count]) => ({
      level: 'warn',
      subject: address,
      message: `${host} has ${count} connections named '${clientName}', and a process of this configuration has ${perProcess} at most beside those of use()`,
      advice:
        'make the caches once for each process, not for each request, and close them; what use() may open is bounded by pool.leases',
    }))
}

/** How far a clock may be off before it matters, in ms. */
const skewAllowed: Milliseconds = 1_000
const renewal: Milliseconds = 14 * 86_400_000
const mostProcesses = 16

export const serverChecks: readonly Check[] = [versions, persistence, clocks, certificates, clients]

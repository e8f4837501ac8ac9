import type { Attributes } from '@opentelemetry/api'
import type { BatchTrace, CacheTrace, CommandTrace, LoadTrace } from '../../telemetry/channels.js'
import type { Traced } from '../../telemetry/trace.js'

/** Attributes of how long commands took, by the stable conventions for databases. Pure. */
export function attributesOfCommand(trace: CommandTrace | BatchTrace): Attributes {
  return { ...operationAttributes(trace), ...outcomeOfCommand(trace) }
}

/** Attributes of a command, or of several that travel together, that are known when it begins. Pure. */
export function attributesOfCommandSpan(trace: CommandTrace | BatchTrace): Attributes {
  return {
    ...operationAttributes(trace),
    'valkey_cache.cache': trace.cache,
    ...(isBatch(trace) && { 'db.operation.batch.size': trace.size }),
    ...keyAttributes(trace),
  }
}

/** Attributes of a command that are known when it is over. Pure. */
export function outcomeOfCommand(trace: CommandTrace): Attributes {
  const { address } = trace
  return { ...(address !== undefined && addressAttributes(address)), ...errorAttributes(trace) }
}

/**
 * The name of a span, too. Commands of several names have none of their own: programs would make any number of them.
 * Pure.
 */
export function operationName(trace: CommandTrace | BatchTrace): string {
  const { name } = trace
  if (!isBatch(trace)) return name
  return name.includes('+') ? 'PIPELINE' : `PIPELINE ${name}`
}

function operationAttributes(trace: CommandTrace | BatchTrace): Attributes {
  const { database } = trace
  return {
    'db.system.name': 'redis',
    ...(database !== undefined && { 'db.namespace': String(database) }),
    'db.operation.name': operationName(trace),
  }
}

/** By the conventions, one command is no batch, however it travels. */
function isBatch(trace: CommandTrace | BatchTrace): trace is BatchTrace {
  return 'size' in trace && trace.size > 1
}

/** Attributes of a call of a method when it is over; there is no convention for caches. Pure. */
export function outcomeOfCall({ near, hits, stale, misses, ...trace }: CacheTrace): Attributes {
  return {
    'valkey_cache.near': near,
    'valkey_cache.hits': hits,
    'valkey_cache.stale': stale,
    'valkey_cache.misses': misses,
    ...errorAttributes(trace),
  }
}

/** Attributes of how long loaders took. Pure. */
export function attributesOfLoad(trace: LoadTrace): Attributes {
  const { cache, background } = trace
  return { 'valkey_cache.cache': cache, 'valkey_cache.background': background, ...errorAttributes(trace) }
}

/** Attributes of a run of a loader that are known when it begins. Pure. */
export function attributesOfLoadSpan(trace: LoadTrace): Attributes {
  return { ...attributesOfLoad(trace), ...keyAttributes(trace) }
}

function keyAttributes({ keys }: Pick<CommandTrace, 'keys'>): Attributes {
  return keys === undefined ? {} : { 'valkey_cache.keys': [...keys] }
}

/** What failed: a server's own error is its first word, any other its code. Pure. */
export function errorAttributes({ error }: Traced): Attributes {
  if (error === undefined) return {}
  const { name, message } = error
  const isReply = name === 'CommandError' && message !== error.code
  return { 'error.type': message, ...(isReply && { 'db.response.status_code': message }) }
}

/** A path of a unix socket has no port. Hot path: an address is looked at once, and not for each command. */
export function addressAttributes(address: string): Attributes {
  const known = knownAddresses.get(address)
  if (known !== undefined) return known
  const { host = address, port } = /^(?<host>.+):(?<port>\d+)$/.exec(address)?.groups ?? {}
  const made = { 'server.address': host, ...(port !== undefined && { 'server.port': Number(port) }) }
  if (knownAddresses.size >= mostAddresses) knownAddresses.clear()
  knownAddresses.set(address, made)
  return made
}

const knownAddresses = new Map<string, Attributes>()
const mostAddresses = 250

import type { Intent, Value } from './command.js'
import { blockingNames, readNames, writeNames } from './command-names.js'

/**
 * Whether a command reads or writes.
 * Shape: `args` is what follows the name; for OBJECT, XINFO and their like the first one says which command it is.
 * `undefined`: the caller must say, for the table does not have it, or it is about a server and not about data (CONFIG,
 * SCRIPT, CLUSTER …), and only the caller knows which server is meant.
 */
export function intentOf(name: string, args: readonly Value[]): Intent | undefined {
  const command = lookup(name, args)
  return reads.has(command) ? 'read' : writes.has(command) ? 'write' : undefined
}

/** Whether its reply may wait for something to happen, so that it needs a connection of its own. */
export function isBlocking(name: string, args: readonly Value[] = []): boolean {
  const command = word(name)
  return blocking.has(command) && (!blocksOnlyIfAsked.has(command) || args.some((arg) => word(arg) === 'block'))
}

/** Whether it changes what the connection is or means for those who use it next; it has no place on a shared one. */
export function changesConnection(name: string, args: readonly Value[]): boolean {
  return changers.has(lookup(name, args))
}

/** `get`, or with its subcommand `object|encoding`. */
function lookup(name: string, [first]: readonly Value[]): string {
  const command = word(name)
  return containers.has(command) && first !== undefined ? `${command}|${word(first)}` : command
}

/** Servers take names in any case, and as bytes too. */
function word(value: Value): string {
  return (typeof value === 'string' ? value : Buffer.from(value).toString('latin1')).toLowerCase()
}

function names(...texts: readonly string[]): ReadonlySet<string> {
  return new Set(texts.join(' ').split(/\s+/).filter(Boolean))
}

/** They ask a server about nothing in particular: any will do. */
const harmless = 'ping echo time'
/** What they run, or tell subscribers, may be a write; Valkey flags them as neither. */
const mayWrite = 'eval evalsha fcall publish spublish'

const reads = names(readNames, harmless)
const writes = names(writeNames, mayWrite)
const blocking = names(blockingNames)
const blocksOnlyIfAsked = names('xread xreadgroup')

/** No flag tells these: database, transaction, subscriptions, protocol, credentials, replication, what CLIENT sets. */
const changers = names(`
  select multi exec discard watch unwatch auth hello reset quit asking readonly readwrite monitor sync psync replconf
  subscribe psubscribe ssubscribe unsubscribe punsubscribe sunsubscribe script|debug
  client|reply client|tracking client|caching client|no-evict client|no-touch client|setname client|setinfo client|capa
  client|import-source cluster|syncslots`)

/** Commands whose first argument says what they do. */
const containers: ReadonlySet<string> = new Set(
  [...reads, ...writes, ...changers]
    .filter((name) => name.includes('|'))
    .map((name) => name.split('|', 1)[0] as string),
)

import { describe, expect } from 'vitest'
import { changesConnection, intentOf, isBlocking } from '../../src/clients/command-table.js'
import type { Reply } from '../../src/connection/connection.js'
import { test } from '../support/caches.js'

/** A command as the server lists it, with its subcommand behind the name. */
interface Listed {
  readonly name: string
  readonly args: readonly string[]
  readonly flags: ReadonlySet<Reply>
}

describe('agrees with what the server lists', () => {
  const listed = test.extend('commands', async ({ lab, plain }): Promise<readonly Listed[]> => {
    const listing = (await plain.command('COMMAND')) as Reply[][]
    return listing.flatMap(withSubcommands).filter((command) => lab.software === 'valkey' || isOurs(command))
  })

  listed('what it flags readonly reads, what it flags write writes', ({ commands }) => {
    const flagged = commands.filter(({ flags }) => flags.has('readonly') || flags.has('write'))
    expect(flagged.length).toBeGreaterThan(150)
    for (const command of flagged) {
      const intent = command.flags.has('readonly') ? 'read' : 'write'
      expect.soft(intentOf(command.name, command.args), shown(command)).toBe(intent)
    }
  })

  listed('what it flags blocking blocks, and nothing else but WAIT, which older ones do not flag', ({ commands }) => {
    for (const command of commands) {
      const blocks = command.flags.has('blocking') || /^wait(aof)?$/.test(command.name)
      expect.soft(isBlocking(command.name, ['BLOCK']), shown(command)).toBe(blocks)
    }
  })

  listed('what it does not flag was looked at by us', ({ commands }) => {
    const unflagged = commands.filter(({ flags }) => !flags.has('readonly') && !flags.has('write'))
    for (const command of unflagged)
      expect.soft(lookedAt, `${shown(command)} is new: what does it do to a connection?`).toContain(shown(command))
  })
})

test('commands of Valkey 9 are known, on whatever server', () => {
  for (const name of ['HSETEX', 'HGETEX', 'HGETDEL', 'HEXPIRE', 'MSETEX', 'DELIFEQ'])
    expect(intentOf(name, ['k'])).toBe('write')
  for (const name of ['CLUSTERSCAN', 'HTTL', 'HPEXPIRETIME']) expect(intentOf(name, ['k'])).toBe('read')
  expect(intentOf('CLUSTER', ['FLUSHSLOT', '1'])).toBe('write')
  expect(intentOf('CLUSTER', ['NODES'])).toBeUndefined()
  expect(changesConnection('CLUSTER', ['SYNCSLOTS', 'ESTABLISH'])).toBe(true)
})

test('names count in any case, and as bytes', () => {
  expect(intentOf('GeT', ['k'])).toBe('read')
  expect(intentOf('object', [Buffer.from('EnCoDiNg'), 'k'])).toBe('read')
  expect(intentOf('XGROUP', ['create', 'k'])).toBe('write')
  expect(isBlocking('BlPoP')).toBe(true)
  expect(changesConnection('Client', [Buffer.from('tracking'), 'ON'])).toBe(true)
})

test('scripts and messages go where writes go; what any server can answer is a read', () => {
  for (const name of ['EVAL', 'EVALSHA', 'FCALL', 'PUBLISH', 'SPUBLISH']) expect(intentOf(name, ['x'])).toBe('write')
  for (const name of ['EVAL_RO', 'EVALSHA_RO', 'FCALL_RO', 'PING', 'ECHO', 'TIME'])
    expect(intentOf(name, ['x'])).toBe('read')
})

test('what the table cannot know is undefined', () => {
  expect(intentOf('MODULE.COMMAND', ['k'])).toBeUndefined()
  expect(intentOf('', [])).toBeUndefined()
  expect(intentOf('constructor', [])).toBeUndefined()
  expect(intentOf('OBJECT', [])).toBeUndefined()
  expect(intentOf('OBJECT', ['POLISH'])).toBeUndefined()
  expect(intentOf('CONFIG', ['GET', 'maxmemory'])).toBeUndefined()
})

test('reading a stream blocks only when it is told to', () => {
  expect(isBlocking('XREAD', ['COUNT', '1', 'STREAMS', 's', '0'])).toBe(false)
  expect(isBlocking('XREAD', ['block', '0', 'STREAMS', 's', '$'])).toBe(true)
  expect(isBlocking('XREADGROUP', ['GROUP', 'g', 'c', 'STREAMS', 's', '>'])).toBe(false)
  expect(isBlocking('XREAD')).toBe(false)
})

test('what changes a connection is told from what only looks at it', () => {
  const changing =
    'SELECT 1|MULTI|WATCH k|SUBSCRIBE c|MONITOR|HELLO 3|AUTH p|RESET|QUIT|CLIENT REPLY OFF|CLIENT TRACKING ON'
  for (const [name, ...args] of changing.split('|').map((line) => line.split(' ')))
    expect.soft(changesConnection(name!, args), name).toBe(true)
  const harmless = 'GET k|CLIENT ID|CLIENT LIST|CLIENT GETNAME|CLIENT|SCRIPT LOAD x|PUBLISH c m|CONFIG GET x|EVAL x 0'
  for (const [name, ...args] of harmless.split('|').map((line) => line.split(' ')))
    expect.soft(changesConnection(name!, args), name).toBe(false)
})

function withSubcommands([name, , flags, , , , , , , subcommands]: readonly Reply[]): Listed[] {
  const [first = '', ...args] = String(name).split('|')
  const below = [...((subcommands ?? []) as Iterable<Reply>)].flatMap((one) => withSubcommands(one as Reply[]))
  return [{ name: first, args, flags: new Set(flags as Iterable<Reply>) }, ...below]
}

function shown({ name, args }: Listed): string {
  return [name, ...args].join('|')
}

/** Later Redis has commands that Valkey has not; callers say their intent. */
function isOurs(command: Listed): boolean {
  return intentOf(command.name, command.args) !== undefined || lookedAt.includes(shown(command))
}

/** Neither readonly nor write, up to Valkey 9.1; each of these was put where it belongs in the table. */
const lookedAt = `
  acl acl|cat acl|deluser acl|dryrun acl|genpass acl|getuser acl|help acl|list acl|load acl|log acl|save
  acl|setuser acl|users acl|whoami asking auth bgrewriteaof bgsave client client|caching client|capa
  client|getname client|getredir client|help client|id client|import-source client|info client|kill client|list
  client|no-evict client|no-touch client|pause client|reply client|setinfo client|setname client|tracking
  client|trackinginfo client|unblock client|unpause cluster cluster|addslots cluster|addslotsrange
  cluster|bumpepoch cluster|cancelslotmigrations cluster|count-failure-reports cluster|countkeysinslot
  cluster|delslots cluster|delslotsrange cluster|failover cluster|flushslots cluster|forget cluster|getkeysinslot
  cluster|getslotmigrations cluster|help cluster|info cluster|keyslot cluster|links cluster|meet
  cluster|migrateslots cluster|myid cluster|myshardid cluster|nodes cluster|replicas cluster|replicate
  cluster|reset cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|shards cluster|slaves
  cluster|slot-stats cluster|slots cluster|syncslots command commandlog commandlog|get commandlog|help
  commandlog|len commandlog|reset command|count command|docs command|getkeys command|getkeysandflags command|help
  command|info command|list config config|get config|help config|resetstat config|rewrite config|set debug discard
  echo eval evalsha exec failover fcall function function|dump function|help function|kill function|list
  function|stats hello info lastsave latency latency|doctor latency|graph latency|help latency|histogram
  latency|history latency|latest latency|reset memory memory|doctor memory|help memory|malloc-stats memory|purge
  memory|stats module module|help module|list module|load module|loadex module|unload monitor multi object
  object|help pfselftest ping psubscribe psync publish pubsub pubsub|channels pubsub|help pubsub|numpat
  pubsub|numsub pubsub|shardchannels pubsub|shardnumsub punsubscribe quit readonly readwrite replconf replicaof
  reset role save script script|debug script|exists script|flush script|help script|kill script|load script|show
  select shutdown slaveof slowlog slowlog|get slowlog|help slowlog|len slowlog|reset spublish ssubscribe subscribe
  sunsubscribe sync time unsubscribe unwatch wait waitaof watch xgroup xgroup|help xinfo xinfo|help`.split(/\s+/)

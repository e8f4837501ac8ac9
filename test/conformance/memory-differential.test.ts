import fc from 'fast-check'
import { expect } from 'vitest'
import { MemoryServer } from '../../src/clients/memory/server.js'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import { wallClock } from '../../src/units.js'
import { bytes, patient, test as base } from '../support/connection.js'
import { commandsOf, keys, type Command } from '../support/command-arbitraries.js'
import { serverWithoutHello } from '../support/without-hello.js'

const test = base
  .extend('memory', () => new MemoryServer({ entries: 100_000, bytes: 2 ** 26 }, wallClock))
  .extend('same', ({ lab, connection, memory }) => async (commands: readonly Command[]): Promise<void> => {
    const known = lab.software === 'valkey' ? commands : commands.filter(isOld)
    const all: Command[] = [['FLUSHDB'], ...known, ...everything]
    const expected = await connection.batch(
      all.map((command) => bytes(...command)),
      patient(),
    )
    all.forEach((command, index) => {
      const reply = run(memory, command)
      const [ours, theirs] = [comparable(command, reply), comparable(command, expected[index]!)]
      if (!isClose(command, ours, theirs)) expect({ command, reply: ours }).toStrictEqual({ command, reply: theirs })
      repair(memory, command, reply, expected[index]!)
    })
  })

test.for(Object.entries(commandsOf))(
  'commands are answered as a server answers them: %s',
  async ([, commands], { same }) => {
    await fc.assert(fc.asyncProperty(commands, same), { numRuns: 400 })
  },
)

const inResp2 = test.extend('connection', async ({ lab, connect }) => connect(await serverWithoutHello(lab)))

inResp2.for(Object.entries(commandsOf))(
  'commands have the same answers in RESP2: %s',
  async ([, commands], { same }) => {
    await fc.assert(fc.asyncProperty(commands, same), { numRuns: 40 })
  },
)

/** ZRANK had no options before Redis 7.2. */
function isOld([name, ...args]: Command): boolean {
  return args.length < 3 || !/^z(rev)?rank$/i.test(String(name))
}

/** Whatever there can be to see at the end. */
const everything: readonly Command[] = keys.flatMap((key) => [
  ['TYPE', key],
  ['PTTL', key],
  ['GET', key],
  ['SMEMBERS', key],
  ['HGETALL', key],
  ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
])

function run(memory: MemoryServer, args: Command): Reply {
  return memory.prepare({ args, decode: 'buffer' })()
}

/** As text, and sorted where a server promises no order. */
function comparable([name]: Command, reply: Reply): unknown {
  const shown = show(reply)
  const command = String(name).toUpperCase()
  if (/RANDMEMBER$|^SPOP$/.test(command)) return outline(reply)
  if (!Array.isArray(shown)) return shown
  if (/^(KEYS|HKEYS|HVALS)$/.test(command)) return sorted(shown)
  if (/^.SCAN$/.test(command)) return [shown[0], sorted(shown[1] as unknown[])]
  return shown
}

/** What can be said of a reply that is left to chance. */
function outline(reply: Reply): unknown {
  if (Array.isArray(reply)) return reply.map(outline)
  if (reply instanceof Set) return `a set of ${reply.size}`
  return Buffer.isBuffer(reply) ? 'one' : typeof reply === 'number' ? 'a score' : show(reply)
}

function show(reply: Reply): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString('latin1')
  if (reply instanceof ErrorReply) return `error: ${reply.message}`
  if (reply instanceof Set) return sorted(Array.from(reply, show))
  if (reply instanceof Map) return sorted(Array.from(reply, ([key, value]) => `${show(key)} ${show(value)}`))
  return Array.isArray(reply) ? reply.map(show) : reply
}

function sorted(shown: readonly unknown[]): readonly string[] {
  return shown.map(String).toSorted((a, b) => (a < b ? -1 : 1))
}

/** One server is asked a moment after the other. */
function isClose([name]: Command, ours: unknown, theirs: unknown): boolean {
  const isTime = /^(P?TTL|P?EXPIRETIME)$/i.test(String(name))
  return isTime && Number(ours) > 0 && Number(theirs) > 0 && Math.abs(Number(ours) - Number(theirs)) < 2_000
}

/** What was popped at random is put back, and what the server popped goes. */
function repair(memory: MemoryServer, [name, key]: Command, ours: Reply, theirs: Reply): void {
  if (String(name).toUpperCase() !== 'SPOP' || !(key !== undefined && run(memory, ['EXISTS', key]))) return
  run(memory, ['SADD', key, ...listed(ours)])
  run(memory, ['SREM', key, ...listed(theirs)])
}

function listed(reply: Reply): Buffer[] {
  return reply instanceof Set ? ([...reply] as Buffer[]) : Buffer.isBuffer(reply) ? [reply] : []
}

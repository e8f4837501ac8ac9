import type { Reply } from '../../connection/connection.js'
import { sizeOf } from '../../connection/resp/encoder.js'
import { UnsupportedError } from '../../errors.js'
import type { Clock } from '../../units.js'
import type { Call } from '../command.js'
import { fromBinary, toBinary, type Binary } from './binary.js'
import type { Commands, Run } from './command.js'
import { counterCommands } from './commands/counters.js'
import { expiryCommands } from './commands/expiry.js'
import { hashCommands } from './commands/hashes.js'
import { keyCommands } from './commands/keys.js'
import { scanCommands } from './commands/scan.js'
import { serverCommands } from './commands/server.js'
import { setCommands } from './commands/sets.js'
import { sortedSetAlgebraCommands } from './commands/sorted-set-algebra.js'
import { sortedSetRangeCommands } from './commands/sorted-set-ranges.js'
import { sortedSetCommands } from './commands/sorted-sets.js'
import { stringCommands } from './commands/strings.js'
import { Keyspace, type Bounds, type Entry } from './keyspace.js'
import { outOfMemory, Refusal, wrongArity } from './refusal.js'
import { runnerOfScript } from './scripts.js'

/** Reads calls as a server does, and answers as a server does. */
export class MemoryServer {
  readonly #keyspace: Keyspace
  /** What commands are read at all, in bytes. */
  readonly #largest: number

  constructor(bounds: Bounds, clock: Clock) {
    this.#largest = bounds.bytes
    this.#keyspace = new Keyspace(bounds, clock)
  }

  /**
   * Understands a call; running it answers as a server does, with its errors too.
   * @throws {UnsupportedError} E_UNSUPPORTED a command or a script that is not here
   * @throws {TypeError} an argument that is neither text nor bytes
   */
  prepare({ args: words, script, decode }: Pick<Call<unknown>, 'args' | 'script' | 'decode'>): () => Reply {
    if (sizeOf(words) > this.#largest) return () => outOfMemory().reply
    const name = toBinary(words[0] ?? '')
    const args = words.slice(1).map(toBinary)
    const run = script === undefined ? runnerOf(name) : runnerOfScript(script, runnerOf)
    return () => fromBinary(answer(run, this.#keyspace, args), decode)
  }

  /** The entry of a key that holds a string; it counts as used. */
  peek(key: string): Entry | undefined {
    this.#keyspace.tick()
    const entry = this.#keyspace.find(toBinary(key))
    return typeof entry?.value === 'string' ? entry : undefined
  }

  clear(): void {
    this.#keyspace.clear()
  }
}

function answer(run: Run, keyspace: Keyspace, args: readonly Binary[]): Reply {
  keyspace.tick()
  try {
    return run(keyspace, args)
  } catch (error) {
    if (error instanceof Refusal) return error.reply
    throw error
  }
}

function runnerOf(name: Binary): Run {
  const command = commands.get(name.toUpperCase())
  if (command === undefined)
    throw new UnsupportedError(`The memory client has no ${name.toUpperCase()}; use a server for it.`)
  const [arity, run] = command
  return (keyspace, args) => {
    const given = args.length + 1
    if (arity >= 0 ? given !== arity : given < -arity) throw wrongArity(name)
    return run(keyspace, args)
  }
}

const commands: ReadonlyMap<string, Commands[string]> = new Map(
  Object.entries({
    ...stringCommands,
    ...counterCommands,
    ...expiryCommands,
    ...keyCommands,
    ...scanCommands,
    ...setCommands,
    ...hashCommands,
    ...sortedSetCommands,
    ...sortedSetRangeCommands,
    ...sortedSetAlgebraCommands,
    ...serverCommands,
  } satisfies Commands),
)

import type { Connection, EncodedCommand, ExecuteOptions, Push, Reply } from '../connection/connection.js'
import { toMilliseconds, type Clock, type Duration, type Milliseconds } from '../units.js'
import { blockingTime } from './blocking.js'
import { wordsOf, type Word } from './words.js'

/** What one command on an own connection may ask for. */
export interface OwnCommandOptions {
  /** Until its reply is there, in ms or as a literal; a blocking command's own time comes on top when none is given. @default that of the call */
  readonly deadline?: Duration | undefined
  /** Rejects with its reason. @default that of the call */
  readonly signal?: AbortSignal | undefined
  /** How strings of the reply are read. @default 'text' */
  readonly decode?: 'text' | 'buffer' | undefined
}

/** What an own connection needs of the socket beneath it. */
export type OwnSocket = Pick<Connection, 'address' | 'execute' | 'batch' | 'onPush'>

/** What commands get that ask for nothing themselves; the deadline is for each of them. */
export interface OwnDefaults {
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
}

/**
 * A connection that nobody else uses, for MULTI, WATCH, WAIT, blocking commands and subscriptions. It is dropped when
 * the work is over, and with it whatever was changed on it. Keys go as they are: `cache.makeKey(key)` makes them.
 */
export class OwnConnection {
  readonly #connection: OwnSocket
  readonly #defaults: OwnDefaults
  readonly #clock: Clock

  /** @internal `cache.use` makes them. */
  constructor(connection: OwnSocket, defaults: OwnDefaults, clock: Clock) {
    this.#connection = connection
    this.#defaults = defaults
    this.#clock = clock
  }

  /** The server, as `host:port`; in a cluster the one that it leads to now, and empty before the first command. */
  get address(): string {
    return this.#connection.address
  }

  /**
   * Runs any command; nothing is repeated.
   * @throws {CommandError} E_COMMAND the server's own error
   * @throws {CommandTimeoutError} E_TIMEOUT no reply before the deadline
   */
  async command(args: readonly Word[], options: OwnCommandOptions = {}): Promise<Reply> {
    const command = encode(args, options)
    return this.#connection.execute(command, this.#limits([command], options))
  }

  /** Runs commands in one trip, such as MULTI … EXEC; a server's error stands in the result as an {@link ErrorReply}. */
  async batch(commands: readonly (readonly Word[])[], options: OwnCommandOptions = {}): Promise<Reply[]> {
    const encoded = commands.map((args) => encode(args, options))
    return this.#connection.batch(encoded, this.#limits(encoded, options))
  }

  /** Hears the messages of subscriptions; returns how to stop. */
  onPush(listener: (push: Push) => void): () => void {
    return this.#connection.onPush(listener)
  }

  /** @internal The same connection, which calls the listener before each trip, and once that has settled. */
  observed(listener: () => void): OwnConnection {
    const socket = this.#connection
    const around = <Out>(trip: () => Promise<Out>): Promise<Out> => {
      listener()
      return trip().finally(listener)
    }
    const observed: OwnSocket = {
      get address() {
        return socket.address
      },
      execute: (command, limits) => around(() => socket.execute(command, limits)),
      batch: (commands, limits) => around(() => socket.batch(commands, limits)),
      onPush: (heard) => socket.onPush(heard),
    }
    return new OwnConnection(observed, this.#defaults, this.#clock)
  }

  #limits(commands: readonly EncodedCommand[], { deadline, signal }: OwnCommandOptions): ExecuteOptions {
    const waits = commands.reduce((sum, { args }) => sum + blockingTime(args), 0)
    const time = deadline === undefined ? this.#defaults.deadline + waits : toMilliseconds(deadline, 'deadline')
    return { deadline: this.#clock.now() + time, signal: signal ?? this.#defaults.signal }
  }
}

function encode(args: readonly Word[], { decode = 'text' }: OwnCommandOptions): EncodedCommand {
  const words = wordsOf(args)
  const name = String(words[0]).toUpperCase()
  return name.endsWith('SUBSCRIBE')
    ? { args: words, decode, confirmations: Math.max(1, words.length - 1) }
    : { args: words, decode }
}

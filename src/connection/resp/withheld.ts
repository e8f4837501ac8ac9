import { CommandError } from '../../errors.js'
import { ErrorReply, type EncodedCommand, type Reply } from '../connection.js'

/** Commands that a connection refuses and does not send, since the proxy that it leads to would close it. */
export class WithheldCommands {
  readonly #names: ReadonlySet<string>

  /** @param names in capitals */
  constructor(names: ReadonlySet<string>) {
    this.#names = names
  }

  /** @throws {CommandError} E_COMMAND as from a server that does not know the command */
  check(command: EncodedCommand): void {
    if (isIn(this.#names, command)) throw new CommandError(command.name ?? String(command.args[0]), notSent)
  }

  /** Whether a batch has commands that are withheld, and no transaction, which is sent whole or not at all. */
  split(commands: readonly EncodedCommand[]): boolean {
    return commands.some((command) => isIn(this.#names, command)) && !commands.some((command) => isIn(multi, command))
  }

  /** Sends those of a batch that are not withheld; in the places of the others stands their error. */
  async around(
    commands: readonly EncodedCommand[],
    send: (sent: readonly EncodedCommand[]) => Promise<readonly Reply[]>,
  ): Promise<Reply[]> {
    const replies = (await send(commands.filter((command) => !isIn(this.#names, command)))).values()
    return commands.map((command) =>
      isIn(this.#names, command) ? new ErrorReply(notSent) : (replies.next().value as Reply),
    )
  }
}

function isIn(names: ReadonlySet<string>, { args }: EncodedCommand): boolean {
  return names.has(String(args[0]).toUpperCase())
}

const multi: ReadonlySet<string> = new Set(['MULTI'])
const notSent = 'ERR not sent, for the proxy there closes connections on commands that it does not know'

import type { EncodedCommand, ExecuteOptions, Progress, Reply } from '../connection.js'
import { Deadline } from '../deadlines.js'
import type { Milliseconds } from '../../units.js'

/** Where a command stands: by itself, first in a batch, or behind another of its batch. */
export type Place = 'alone' | 'first' | 'behind'

/** The connection that a command waits on. */
export interface PendingOwner {
  /** The command is settled: it counts no more. */
  settled(command: PendingCommand): void
  /** The command's deadline is over. */
  expired(command: PendingCommand, now: Milliseconds): void
}

/**
 * One command between its caller and its reply.
 * Once settled it may stay in flight as a tombstone: its reply is still to come and belongs to nobody.
 */
export class PendingCommand extends Deadline {
  declare command: EncodedCommand
  declare readonly place: Place
  declare readonly bytes: number
  declare readonly issued: Milliseconds
  declare readonly control: boolean
  /** Whether it counts for `maxPending`. */
  declare readonly counted: boolean
  declare readonly progress: Progress | undefined
  declare confirmations: number
  declare sent: boolean
  declare settled: boolean
  declare resolve: (reply: Reply) => void
  declare reject: (reason: unknown) => void
  /** Stops listening to the caller's signal. */
  declare release: (() => void) | undefined
  declare readonly owner: PendingOwner

  constructor(
    command: EncodedCommand,
    place: Place,
    bytes: number,
    issued: Milliseconds,
    { deadline, control, unbounded, progress }: ExecuteOptions,
    owner: PendingOwner,
  ) {
    super(deadline)
    this.command = command
    this.place = place
    this.bytes = bytes
    this.issued = issued
    this.control = control === true
    this.counted = control !== true && unbounded !== true
    this.progress = progress
    this.confirmations = command.confirmations ?? 0
    this.sent = false
    this.settled = false
    this.resolve = nobody
    this.reject = nobody
    this.release = undefined
    this.owner = owner
  }

  get name(): string {
    return this.command.name ?? String(this.command.args[0])
  }

  /** Whether an error reply is handed over as a value, as batches want it. */
  get keepsErrors(): boolean {
    return this.place !== 'alone'
  }

  fulfil(reply: Reply): void {
    if (this.settle()) this.resolve(reply)
  }

  fail(reason: unknown): void {
    if (!this.settle()) return
    this.reject(reason)
    if (this.sent) this.#forget()
  }

  /** Its reply is still to come, and belongs to nobody: what is held for it is what tells how to read on behind it. */
  #forget(): void {
    const { args, decode, intent, keys = [] } = this.command
    if (bounds.test(String(args[0]))) this.command = { args: args.slice(0, 1), decode, keys }
    else this.command = intent === 'read' ? givenUp[decode] : { args: [], decode, keys }
    this.resolve = this.reject = nobody
  }

  expire(now: Milliseconds): void {
    this.owner.expired(this, now)
  }

  /** Nobody waits for it on this connection any more; false when that was so already. */
  settle(): boolean {
    if (this.settled) return false
    this.settled = true
    if (this.release !== undefined) this.release()
    this.owner.settled(this)
    return true
  }
}

function nobody(): void {}

/** The commands that begin and end a transaction. */
const bounds = /^(MULTI|EXEC|DISCARD|RESET)$/i

/** What is left of reads that were given up. */
const givenUp: Readonly<Record<EncodedCommand['decode'], EncodedCommand>> = {
  text: { args: [], decode: 'text', intent: 'read' },
  buffer: { args: [], decode: 'buffer', intent: 'read' },
}

import type { EncodedCommand, Reply } from '../connection.js'
import { sizeOf } from './encoder.js'

/** Where a command stands: by itself, first in a batch, or behind another of its batch. */
export type Place = 'alone' | 'first' | 'behind'

/**
 * One command between its caller and its reply.
 * Once settled it may stay in flight as a tombstone: its reply is still to come and belongs to nobody.
 */
export class PendingCommand {
  readonly name: string
  readonly bytes: number
  readonly asBuffers: boolean
  readonly issued: number
  readonly deadline: number
  readonly place: Place
  args: readonly (string | Uint8Array)[]
  confirmations: number
  settled = false
  resolve!: (reply: Reply) => void
  reject!: (reason: unknown) => void
  /** Stops listening to the caller's signal. */
  release: (() => void) | undefined

  /** @throws {TypeError} an argument that is neither text nor bytes, or no name */
  constructor(command: EncodedCommand, place: Place, issued: number, deadline: number) {
    this.bytes = sizeOf(command.args)
    this.name = command.name ?? String(command.args[0])
    this.args = command.args
    this.asBuffers = command.decode === 'buffer'
    this.confirmations = command.confirmations ?? 0
    this.issued = issued
    this.deadline = deadline
    this.place = place
  }

  /** Whether an error reply is handed over as a value, as batches want it. */
  get keepsErrors(): boolean {
    return this.place !== 'alone'
  }

  fulfil(reply: Reply): void {
    if (this.#settle()) this.resolve(reply)
  }

  fail(reason: unknown): void {
    if (this.#settle()) this.reject(reason)
  }

  #settle(): boolean {
    if (this.settled) return false
    this.settled = true
    this.release?.()
    return true
  }
}

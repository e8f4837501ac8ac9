import type { EncodedCommand, Reply } from '../connection.js'
import { sizeOf } from './encoder.js'

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
  /** Whether an error reply is handed over as a value, as batches want it. */
  readonly keepsErrors: boolean
  args: readonly (string | Uint8Array)[]
  confirmations: number
  settled = false
  resolve!: (reply: Reply) => void
  reject!: (reason: unknown) => void
  /** Stops listening to the caller's signal. */
  release: (() => void) | undefined

  constructor(command: EncodedCommand, issued: number, deadline: number, keepsErrors: boolean) {
    this.name = String(command.args[0])
    this.args = command.args
    this.bytes = sizeOf(command.args)
    this.asBuffers = command.decode === 'buffer'
    this.confirmations = command.confirmations ?? 0
    this.issued = issued
    this.deadline = deadline
    this.keepsErrors = keepsErrors
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

import { OverflowError } from '../../errors.js'
import type { Address } from '../connection.js'
import type { MaxPending } from '../options.js'

/** Counts the commands that somebody waits for, and refuses more than `maxPending` of them. */
export class PendingLimit {
  readonly #address: Address
  readonly #most: MaxPending
  #commands = 0
  #bytes = 0

  constructor(address: Address, most: MaxPending) {
    this.#address = address
    this.#most = most
  }

  /** Whether nobody waits for anything. */
  get isIdle(): boolean {
    return this.#commands === 0
  }

  /** @throws {OverflowError} E_OVERFLOW there is no room for so many commands, or bytes */
  check(commands: number, bytes: number): void {
    const fits = this.#commands + commands <= this.#most.commands
    if (fits && this.#bytes + this.#charge(bytes) <= this.#most.bytes) return
    const problem = `${this.#commands} commands (${this.#bytes} bytes) wait already; send less, or raise maxPending`
    throw new OverflowError(this.#address, problem)
  }

  add(bytes: number): void {
    this.#commands++
    this.#bytes += this.#charge(bytes)
  }

  remove(bytes: number): void {
    this.#commands--
    this.#bytes -= this.#charge(bytes)
  }

  /** One command leaves room for others, however large it is. */
  #charge(bytes: number): number {
    return Math.min(bytes, this.#most.bytes / 2)
  }
}

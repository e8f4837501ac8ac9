import { ConnectionError, ConnectionInterruptedError } from '../errors.js'
import type { Address, Connection, ExecuteOptions } from './connection.js'
import type { Milliseconds } from '../units.js'
import { Waiters } from './waiters.js'

/**
 * Keeps the order of the commands of each key where a node has several sockets: a key's hash picks the socket.
 * A command without keys, or with keys of several sockets, runs alone: after everything before it is answered, and
 * before anything that comes later. So does a socket that joins.
 */
export class SocketOrder {
  readonly #address: Address
  readonly #slots: (Connection | undefined)[]
  readonly #waiters: Waiters<undefined>
  #alone = false
  /** Whether one that waited has its turn, and has not gone on yet. */
  #passing = false

  constructor(address: Address, sockets: number, late: (waited: Milliseconds) => Error) {
    this.#address = address
    this.#slots = new Array<Connection | undefined>(sockets).fill(undefined)
    this.#waiters = new Waiters(late)
  }

  /**
   * Runs a command on the socket of its keys, in its place.
   * @throws {ConnectionInterruptedError} E_INTERRUPTED every socket was lost before its turn
   */
  async run<T>(
    keys: readonly string[] | undefined,
    limits: ExecuteOptions,
    work: (socket: Connection) => Promise<T>,
  ): Promise<T> {
    if (this.#isBusy) await this.#turn(limits)
    const slot = this.#slotOf(keys)
    if (slot === undefined) return this.#runAlone(limits, () => work(this.#first))
    try {
      return work(this.#slots[slot] ?? this.#first)
    } finally {
      this.#next()
    }
  }

  /** Lets a socket join once what its keys have on others is answered; false when there is no place for it. */
  async add(socket: Connection, limits: ExecuteOptions): Promise<boolean> {
    if (this.#slots.every((other) => other === undefined)) return this.#join(socket)
    if (this.#isBusy) await this.#turn(limits)
    return this.#runAlone(limits, async () => this.#join(socket))
  }

  remove(socket: Connection): void {
    const slot = this.#slots.indexOf(socket)
    if (slot >= 0) this.#slots[slot] = undefined
  }

  fail(reason: unknown): void {
    this.#waiters.fail(reason)
  }

  get #isBusy(): boolean {
    return this.#alone || this.#passing || this.#waiters.size > 0
  }

  async #turn(limits: ExecuteOptions): Promise<void> {
    await this.#waiters.wait(limits)
    this.#passing = false
  }

  #join(socket: Connection): boolean {
    const empty = this.#slots.indexOf(undefined)
    if (empty >= 0) this.#slots[empty] = socket
    return empty >= 0
  }

  async #runAlone<T>(limits: ExecuteOptions, work: () => Promise<T>): Promise<T> {
    this.#alone = true
    try {
      const sockets = this.#slots.filter((socket) => socket !== undefined)
      await Promise.all(sockets.map((socket) => answered(socket, limits)))
      return await work()
    } finally {
      this.#alone = false
      this.#next()
    }
  }

  #next(): void {
    if (!this.#alone) this.#passing = this.#waiters.serveOne(undefined)
  }

  get #first(): Connection {
    const first = this.#slots.find((socket) => socket !== undefined)
    if (first === undefined) throw new ConnectionInterruptedError(this.#address, false)
    return first
  }

  /** The slot of all keys, if they have one. */
  #slotOf(keys: readonly string[] = []): number | undefined {
    const slots = new Set(keys.map((key) => hashOf(key) % this.#slots.length))
    const [slot] = slots
    return slots.size === 1 ? slot : undefined
  }
}

/** Resolves when everything before it is answered; what was sent on a socket that is lost has been told so. */
async function answered(socket: Connection, { deadline, signal }: ExecuteOptions): Promise<void> {
  try {
    await socket.execute(ping, { deadline, signal })
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error
  }
}

/** FNV-1a over the characters of a key. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

const ping = { args: ['PING'], decode: 'text', intent: 'read' } as const

import type { Connection, ExecuteOptions } from './connection.js'
import type { Milliseconds } from '../units.js'
import { Waiters } from './waiters.js'

/**
 * Keeps the order of the commands of each key where a node has several sockets: a key's hash picks the socket.
 * A command without keys, or with keys of several sockets, runs alone: after everything before it is answered, and
 * before anything that comes later. So does a socket that joins.
 */
export class SocketOrder {
  readonly #slots: (Connection | undefined)[]
  readonly #waiters: Waiters<undefined>
  #alone = false

  constructor(sockets: number, late: (waited: Milliseconds) => Error) {
    this.#slots = new Array<Connection | undefined>(sockets).fill(undefined)
    this.#waiters = new Waiters(late)
  }

  /** Runs a command on the socket of its keys, in its place. */
  async run<T>(
    keys: readonly string[] | undefined,
    limits: ExecuteOptions,
    work: (socket: Connection) => Promise<T>,
  ): Promise<T> {
    if (this.#alone || this.#waiters.size > 0) await this.#waiters.wait(limits)
    const slot = this.#slotOf(keys)
    const socket = (slot === undefined ? undefined : this.#slots[slot]) ?? this.#first
    if (slot !== undefined) {
      const outcome = work(socket)
      this.#next()
      return outcome
    }
    return this.#runAlone(limits, () => work(socket))
  }

  /** Lets a socket join once what its keys have on others is answered. */
  async add(socket: Connection, limits: ExecuteOptions): Promise<void> {
    const empty = this.#slots.findIndex((other) => other === undefined)
    const join = async (): Promise<void> => void (this.#slots[empty] = socket)
    if (this.#slots.every((other) => other === undefined)) return join()
    if (this.#alone || this.#waiters.size > 0) await this.#waiters.wait(limits)
    await this.#runAlone(limits, join)
  }

  remove(socket: Connection): void {
    const slot = this.#slots.indexOf(socket)
    if (slot >= 0) this.#slots[slot] = undefined
  }

  fail(reason: unknown): void {
    this.#waiters.fail(reason)
  }

  async #runAlone<T>(limits: ExecuteOptions, work: () => Promise<T>): Promise<T> {
    this.#alone = true
    try {
      const sockets = this.#slots.filter((socket) => socket !== undefined)
      await Promise.all(sockets.map((socket) => socket.execute(ping, { ...limits, control: false })))
      return await work()
    } finally {
      this.#alone = false
      this.#next()
    }
  }

  #next(): void {
    if (!this.#alone) this.#waiters.serveOne(undefined)
  }

  get #first(): Connection {
    return this.#slots.find((socket) => socket !== undefined) as Connection
  }

  /** The slot of all keys, if they have one. */
  #slotOf(keys: readonly string[] = []): number | undefined {
    const slots = new Set(keys.map((key) => hashOf(key) % this.#slots.length))
    const [slot] = slots
    return slots.size === 1 ? slot : undefined
  }
}

/** FNV-1a over the characters of a key. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  return hash >>> 0
}

const ping = { args: ['PING'], decode: 'text', intent: 'read' } as const

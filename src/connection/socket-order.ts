import { ConnectionError, ConnectionInterruptedError } from '../errors.js'
import { isObservable, type Address, type Connection, type ExecuteOptions, type Touch } from './connection.js'
import { keysOfWrites, touches } from './resp/unanswered.js'
import type { Milliseconds } from '../units.js'
import { Waiters } from './waiters.js'

/**
 * Keeps the order of the commands of each key where a node has several sockets: a key's hash picks the socket.
 * A command without keys, or with keys of several sockets, runs alone: after everything before it is answered, and
 * before anything that comes later. So does a socket that joins. While the server holds back the writes of a socket,
 * reads that would wait go by the connection beside it, unless they share a key with a write that waits or has no reply.
 */
export class SocketOrder {
  readonly #address: Address
  readonly #slots: (Connection | undefined)[]
  /** The sockets whose writes the server holds back, each with the connection that carries the reads meanwhile. */
  readonly #paused: ReadonlyMap<Connection, Connection>
  /** Those who wait: true gives one its turn, false lets all look whether they may go beside. */
  readonly #waiters: Waiters<boolean>
  /** Calls that wait or run alone. */
  readonly #calls = new Set<{ readonly command: Touch }>()
  /** The keys of the writes among them, kept until these change: thousands look when they are woken. */
  #touched: ReturnType<typeof keysOfWrites> | undefined
  /** How many calls run alone, or beside a socket: while they do, later calls wait. */
  #alone = 0
  /** Whether one that waited has its turn, and has not gone on yet. */
  #passing = false

  constructor(
    address: Address,
    sockets: number,
    paused: ReadonlyMap<Connection, Connection>,
    late: (waited: Milliseconds) => Error,
  ) {
    this.#address = address
    this.#paused = paused
    this.#slots = new Array<Connection | undefined>(sockets).fill(undefined)
    this.#waiters = new Waiters(late)
  }

  /**
   * Runs a command on the socket of its keys, in its place.
   * @throws {ConnectionInterruptedError} E_INTERRUPTED every socket was lost before its turn
   */
  run<T>(call: Touch, limits: ExecuteOptions, work: (socket: Connection) => Promise<T>): Promise<T> {
    return this.#inPlace(call, limits, (slot, second) => work(second ?? this.#slots[slot] ?? this.#first))
  }

  /** Lets a socket join once what its keys have on others is answered; false when there is no place for it. */
  async add(socket: Connection, limits: ExecuteOptions): Promise<boolean> {
    const join = async (): Promise<boolean> => this.#replace(undefined, socket)
    if (this.#slots.every((other) => other === undefined)) return join()
    return this.#inPlace({ intent: 'read' }, limits, join)
  }

  remove(socket: Connection): void {
    this.#replace(socket)
  }

  /** Tells those who wait that the writes of a socket are held back from now on. */
  wake(): void {
    this.#waiters.serve(false)
  }

  fail(reason: unknown): void {
    this.#waiters.fail(reason)
  }

  get #isBusy(): boolean {
    return this.#alone > 0 || this.#passing
  }

  #replace(old: Connection | undefined, next?: Connection): boolean {
    const slot = this.#slots.indexOf(old)
    if (slot >= 0) this.#slots[slot] = next
    return slot >= 0
  }

  /** Whoever is woken goes on or waits again within the same microtask, so that no later call passes it. */
  async #inPlace<T>(
    call: Touch,
    limits: ExecuteOptions,
    work: (slot: number, second?: Connection) => Promise<T>,
  ): Promise<T> {
    const slot = this.#slotOf(call.keys)
    const entry = { command: call }
    this.#calls.add(entry)
    this.#touched = undefined
    try {
      while (this.#isBusy && this.#beside(call) === undefined && !(await this.#waiters.wait(limits)));
      const second = this.#isBusy || slot < 0 ? this.#beside(call) : undefined
      this.#passing = false
      if (slot >= 0 && second === undefined) return work(slot)
      this.#alone++
      try {
        if (second === undefined) await Promise.all(this.#slots.map((socket) => answered(socket, limits, call.keys)))
        return await work(slot, second)
      } finally {
        this.#alone--
      }
    } finally {
      this.#calls.delete(entry)
      this.#touched = undefined
      this.#next()
    }
  }

  #next(): void {
    if (this.#alone === 0 && !this.#passing) this.#passing = this.#waiters.serveOne(true)
  }

  /** The connection that a read may go by while the writes of a socket are held back. */
  #beside({ intent, keys }: Touch): Connection | undefined {
    const [second] = this.#paused.values()
    if (second === undefined || intent !== 'read' || touches((this.#touched ??= keysOfWrites(this.#calls)), keys))
      return undefined
    return this.#slots.some((socket) => isObservable(socket) && socket.owesWriteOf(keys)) ? undefined : second
  }

  get #first(): Connection {
    const first = this.#slots.find((socket) => socket !== undefined)
    if (first === undefined) throw new ConnectionInterruptedError(this.#address, false)
    return first
  }

  /** The slot of all keys; -1 when they have no common one. */
  #slotOf(keys: readonly string[] = []): number {
    const slots = new Set(keys.map((key) => hashOf(key) % this.#slots.length))
    const [slot = -1] = slots
    return slots.size === 1 ? slot : -1
  }
}

/**
 * Resolves when all that was sent on a socket before and shares a key is answered, without keys: all. What was sent on a
 * socket that is lost has been told so.
 */
async function answered(
  socket: Connection | undefined,
  { deadline, signal }: ExecuteOptions,
  keys: readonly string[] = [],
): Promise<void> {
  try {
    await socket?.execute({ args: ['PING'], decode: 'text', intent: 'read', keys }, { deadline, signal })
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

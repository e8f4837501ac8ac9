import type { Milliseconds } from '../units.js'
import { isObservable, type Connection, type ObservableConnection } from './connection.js'
import { Listeners } from './listeners.js'
import type { PoolHealth } from './pool.js'
import { ServerClock } from './server-clock.js'

/** What the sockets to one server tell of it: it is as well as the best of them. */
export class ServerHealth implements PoolHealth {
  roundTrip: Milliseconds | undefined = undefined
  readonly clock: ServerClock = new ServerClock()
  zone: string | undefined = undefined
  ip: string | undefined = undefined
  readonly #sockets: () => readonly Connection[]
  readonly #listeners = new Listeners<[]>()
  #unresponsive = false
  #writesPaused = false

  constructor(sockets: () => readonly Connection[]) {
    this.#sockets = sockets
  }

  get silence(): Milliseconds {
    let least = Infinity
    for (const socket of this.#sockets()) least = Math.min(least, isObservable(socket) ? socket.silence : 0)
    return least === Infinity ? 0 : least
  }

  get unresponsive(): boolean {
    return this.#unresponsive
  }

  get writesPaused(): boolean {
    return this.#writesPaused
  }

  /** The silence after which a second connection is opened, in ms: half a second, or four round trips if that is longer. */
  get patience(): Milliseconds {
    return Math.max(500, 4 * (this.roundTrip ?? 0))
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  onceHeard(listener: () => void): void {
    const stops = this.#sockets().flatMap((socket) => (isObservable(socket) ? [socket.onceHeard(() => tell())] : []))
    const tell = (): void => {
      for (const stop of stops) stop()
      listener()
    }
  }

  /** Takes in what a new connection says of the server. */
  meet({ zone, ip, roundTrip, clock }: ObservableConnection): void {
    this.zone = zone
    this.ip = ip
    this.roundTrip ??= roundTrip
    this.clock.learn(clock)
  }

  set(unresponsive: boolean, writesPaused: boolean): void {
    if (unresponsive === this.#unresponsive && writesPaused === this.#writesPaused) return
    this.#unresponsive = unresponsive
    this.#writesPaused = writesPaused
    this.#listeners.tell()
  }
}

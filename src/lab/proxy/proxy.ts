import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { comesFrom, effectsOn, type Fault, type FaultOptions, type MessageTest, type Peer } from './faults.js'
import { LabError } from '../lab-error.js'
import { loopback } from '../ports.js'
import { ProxiedConnection } from './proxied-connection.js'

export interface ProxySetup {
  readonly port: number
  readonly target: NodeTarget
  /** Whether the servers of this system dial from addresses of their own. */
  readonly tellsApart: boolean
}

/** A TCP proxy in front of one server, in this process. Faults add up until `heal`; new connections feel them too. */
export class LabProxy {
  readonly host: string = loopback
  readonly port: number
  readonly address: Address
  readonly #target: NodeTarget
  readonly #tellsApart: boolean
  readonly #listener: Server
  readonly #connections = new Set<ProxiedConnection>()
  #faults: readonly Fault[] = []
  #accepted = 0

  private constructor({ port, target, tellsApart }: ProxySetup) {
    this.port = port
    this.#tellsApart = tellsApart
    this.address = addressOf(this)
    this.#target = target
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true }
    this.#listener = createServer(options, (socket) => this.#accept(socket)).unref()
  }

  /** @internal The lab starts them. */
  static async start(setup: ProxySetup): Promise<LabProxy> {
    const proxy = new LabProxy(setup)
    await once(proxy.#listener.listen({ host: proxy.host, port: proxy.port }), 'listening')
    return proxy
  }

  /** How many connections have come so far. */
  get accepted(): number {
    return this.#accepted
  }

  /** How many are open. */
  connections({ from }: FaultOptions = {}): number {
    return this.#from(from).length
  }

  /** Resets what is open; who dials again is served. */
  reset({ from }: FaultOptions = {}): void {
    for (const connection of this.#from(from)) connection.reset()
  }

  /** Resets what is open and what comes. */
  cut({ from }: FaultOptions = {}): void {
    this.#add({ hits: this.#hits(from), cut: true })
  }

  /** Takes connections and bytes and delivers neither, in both directions; what was taken arrives after `heal`. */
  blackhole({ from }: FaultOptions = {}): void {
    this.#add({ hits: this.#hits(from), held: true })
  }

  /** Lets every byte take `ms` longer, in each direction; 0 ends it. */
  delay(ms: Milliseconds, { from }: FaultOptions = {}): void {
    this.#add({ hits: this.#hits(from), delay: ms })
  }

  /**
   * Drops the published messages that `which` accepts, or whose channel it matches; everything else passes.
   * Not through TLS, where nothing can be told apart.
   */
  swallow(which: RegExp | MessageTest = () => true, { from }: FaultOptions = {}): void {
    const swallows: MessageTest = typeof which === 'function' ? which : ({ channel }) => which.test(channel)
    this.#add({ hits: this.#hits(from), swallows })
  }

  /** Ends all faults. */
  heal(): void {
    this.#faults = []
    this.#apply()
  }

  /** Stops listening and drops everything. */
  close(): void {
    this.#listener.close()
    this.reset()
  }

  #add(fault: Fault): void {
    this.#faults = [...this.#faults, fault]
    this.#apply()
  }

  #apply(): void {
    for (const connection of this.#connections) connection.feel(effectsOn(connection.source, this.#faults))
  }

  #hits(peer: Peer | undefined): (source: string) => boolean {
    if (peer === undefined || this.#tellsApart) return comesFrom(peer)
    throw new LabError('Only 127.0.0.1 is loopback on this system, so nobody can be told apart: leave out from.')
  }

  #from(peer: Peer | undefined): ProxiedConnection[] {
    const hits = this.#hits(peer)
    return [...this.#connections].filter(({ source }) => hits(source))
  }

  #accept(socket: Socket): void {
    this.#accepted += 1
    const connection = new ProxiedConnection(socket, this.#target)
    this.#connections.add(connection)
    connection.onClose(() => this.#connections.delete(connection))
    connection.feel(effectsOn(connection.source, this.#faults))
  }
}

import type { Milliseconds } from '../units.js'
import { countedAs, Meter, Named, type MeterStats } from './meter.js'
import type { AttemptKind, ObservedCall } from './observer.js'

/** The connections of this process to one node, now. */
export interface PoolUsage {
  /** Open connections that all calls share. */
  readonly connections: number
  /** Connections of callers' own that are lent. */
  readonly leases: number
  /** Callers who wait for a connection. */
  readonly waiting: number
}

/** What was counted of one node. */
export interface NodeStats extends MeterStats {
  /** How often a call was sent to it after another attempt had failed. */
  readonly retries: number
  /** How often a read was sent to it beside another node that had not answered. */
  readonly hedges: number
  /** Commands that wait for their replies, now. */
  readonly pending: number
  /** `undefined` of a pool that does not tell. */
  readonly pool: PoolUsage | undefined
}

/** What is counted of a node. */
export interface MeteredNode {
  readonly address: string
  readonly pool: { readonly pending: number; readonly usage?: PoolUsage }
}

/** A call that is counted. */
export interface MeteredCall {
  readonly job: Pick<ObservedCall, 'name' | 'size'>
  readonly signal: AbortSignal | undefined
}

/** Counts what one node was sent. */
export class NodeMeter extends Meter {
  #retries = 0
  #hedges = 0
  #pool: MeteredNode['pool'] | undefined

  get nodeStats(): NodeStats {
    const pool = this.#pool
    const counted = { ...this.stats, retries: this.#retries, hedges: this.#hedges }
    return { ...counted, pending: pool?.pending ?? 0, pool: pool?.usage }
  }

  /** Whether nothing is connected to it: it has left, and its pool is closed. */
  get isUnused(): boolean {
    const usage = this.#pool?.usage
    return usage !== undefined && usage.connections + usage.leases + usage.waiting === 0
  }

  attempt(pool: MeteredNode['pool'], kind: AttemptKind): void {
    this.#pool = pool
    if (kind === 'retry') this.#retries++
    else if (kind === 'hedge') this.#hedges++
  }
}

/** Counts the calls of one cache to its servers. Hot path: a look into a map for each call and for each attempt. */
export class CallMeters {
  /** By the command's name. */
  readonly commands: Named<Meter> = new Named(() => new Meter())
  /** By the node's address. */
  readonly nodes: Named<NodeMeter> = new Named(
    () => new NodeMeter(),
    ({ isUnused }) => isUnused,
  )
  readonly #errors = new Map<string, number>()

  /** How many calls have failed, by the codes of their errors. */
  get errors(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#errors)
  }

  attempt({ address, pool }: MeteredNode, kind: AttemptKind): NodeMeter {
    const meter = this.nodes.of(address)
    meter.attempt(pool, kind)
    return meter
  }

  /** @param error why it rejects; `undefined` when it does not */
  ended({ job, signal }: MeteredCall, took: Milliseconds, error: unknown): void {
    const meter = this.commands.of(job.size === undefined ? job.name : 'BATCH')
    if (error === undefined) return meter.ended(took)
    meter.failed(took)
    const code = countedAs(error, signal)
    this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1)
  }
}

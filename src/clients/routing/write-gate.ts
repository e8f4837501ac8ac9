import { loopClock } from '../../connection/deadlines.js'
import type { Meter } from '../../telemetry/meter.js'
import type { Topology } from '../../topology/topology.js'
import type { Milliseconds } from '../../units.js'
import { RefusalPause } from './refusal-pause.js'
import { holdReasons, WriteHold } from './write-hold.js'

export interface WriteGateOptions {
  /** The longest hold of writes in a failover. */
  readonly holdTimeout: Milliseconds
  /** Writes wait when no majority of sentinels has answered for this long; `undefined`: never. */
  readonly fenceAfter: Milliseconds | undefined
  /** Counts holds. @default nobody counts */
  readonly holds?: Meter | undefined
}

/** Whether writes may leave, and why not: a failover is under way, a refusal was met, or the sentinels are out of reach. */
export class WriteGate {
  readonly #fenceAfter: Milliseconds | undefined
  readonly #quorateAt: () => Milliseconds
  readonly #hold: WriteHold
  readonly #pause: RefusalPause

  /** @param opened called when writes that waited may leave */
  constructor({ holdTimeout, fenceAfter, holds }: WriteGateOptions, quorateAt: () => Milliseconds, opened: () => void) {
    this.#fenceAfter = fenceAfter
    this.#quorateAt = quorateAt
    this.#hold = new WriteHold(holdTimeout, opened, holds)
    this.#pause = new RefusalPause(opened)
  }

  get isOpen(): boolean {
    return !this.#pause.active && !this.#held
  }

  /** Whether writes that wait leave at once, or as soon as the one that is tried has its answer. */
  get isOpening(): boolean {
    return !this.#pause.paused && !this.#held
  }

  /** Why it is shut, one text each. */
  get reasons(): readonly string[] {
    const { reason } = this.#hold
    return [
      ...(reason === undefined ? [] : [holdReasons[reason]]),
      ...(this.#pause.active ? ['a server refused writes, and they are tried again'] : []),
      ...(this.#fenced ? ['writes are fenced: no majority of sentinels answers'] : []),
    ]
  }

  /** A failover is under way, or none is any more. */
  follow(topology: Pick<Topology, 'primary' | 'failover'>): void {
    this.#hold.follow(topology)
  }

  /** The new primary of a coordinated failover has dropped its clients: writes need not wait for that any more. */
  release(): void {
    this.#hold.release()
  }

  /** A server's state refused writes; `answered` when every write on its way has its answer. */
  refused(answered: Promise<void>): void {
    this.#pause.begin(answered, () => Promise.resolve())
  }

  /** Writes go to a new primary, which may refuse them for want of replicas: the first one is tried alone. */
  tryFirst(): void {
    this.#pause.try()
  }

  /** A write leaves; `patience` is how long others wait for its answer when it is tried alone. */
  leaves(patience: Milliseconds): void {
    this.#pause.leaves(patience)
  }

  /** A write has run. */
  ran(): void {
    this.#pause.ran()
  }

  stop(): void {
    this.#hold.stop()
    this.#pause.stop()
  }

  get #held(): boolean {
    return this.#hold.active || this.#fenced
  }

  get #fenced(): boolean {
    return this.#fenceAfter !== undefined && loopClock.now() - this.#quorateAt() > this.#fenceAfter
  }
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from '../../src/connection/connection.js'
import type { LabGroup, LabServer } from '../../src/lab/index.js'

/** A sentinel was the first to name this primary. */
export interface Named {
  readonly address: Address
  /** Its config-epoch then: 1 above the one before when the first election succeeded. */
  readonly epoch: number
  /** On the clock of performance.now(). */
  readonly at: number
}

/**
 * What the sentinels say all the while, looked at every few ms: the events that bounds are relative to.
 * Sentinel may fail over twice for one fault, and an election may need a second round; both are seen here.
 */
export class PrimaryWatch {
  readonly #group: LabGroup
  readonly #changes: Named[] = []
  readonly #done: Promise<unknown>
  #last: { readonly address: Address; readonly epoch: number }
  #stopped = false

  private constructor(group: LabGroup, primary: Address, epoch: number) {
    this.#group = group
    this.#last = { address: primary, epoch }
    this.#done = Promise.all(group.sentinels.map((sentinel) => this.#follow(sentinel)))
  }

  static async start(group: LabGroup): Promise<PrimaryWatch> {
    const [primary, epochs] = await Promise.all([
      group.primary(),
      Promise.all(group.sentinels.filter(isLive).map((sentinel) => epochAt(sentinel, group.serviceName))),
    ])
    return new PrimaryWatch(group, primary.address, Math.max(...epochs))
  }

  /** In the order they came. */
  get changes(): readonly Named[] {
    return this.#changes
  }

  /** The newest primary, by epoch. */
  get primary(): Address {
    return this.#last.address
  }

  /** The epoch of {@link primary}. */
  get epoch(): number {
    return this.#last.epoch
  }

  async stop(): Promise<readonly Named[]> {
    this.#stopped = true
    await this.#done
    return this.#changes
  }

  async #follow(sentinel: LabServer): Promise<void> {
    while (!this.#stopped) {
      await this.#look(sentinel).catch(() => {})
      await sleep(lookEvery)
    }
  }

  async #look(sentinel: LabServer): Promise<void> {
    if (!isLive(sentinel)) return
    const { serviceName } = this.#group
    const reply = await sentinel.ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', serviceName], 500)
    const [host, port] = reply as [string, string]
    const at = performance.now()
    const address = `${host}:${port}`
    if (address === this.#last.address) return
    const epoch = await epochAt(sentinel, serviceName)
    if (epoch <= this.#last.epoch) return
    this.#last = { address, epoch }
    this.#changes.push({ address, epoch, at })
  }
}

function isLive({ state }: LabServer): boolean {
  return state === 'running'
}

async function epochAt(sentinel: LabServer, serviceName: string): Promise<number> {
  const fields = await sentinel.ask(['SENTINEL', 'MASTER', serviceName], 500)
  return Number((fields as Map<string, string>).get('config-epoch'))
}

const lookEvery = 5

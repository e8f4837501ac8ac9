import { setTimeout as sleep } from 'node:timers/promises'
import type { LabCluster, LabServer } from '../../src/lab/index.js'

/** Nodes that answer for keys refused, or did not answer, from one time to another, on the clock of performance.now(). */
export interface Refusal {
  readonly from: number
  readonly until: number
}

/**
 * Whether the live nodes of a cluster refuse all keys as CLUSTERDOWN, looked at every few ms: between the failure of a
 * primary and the promotion of its replica they do, unless `cluster-require-full-coverage` is off.
 */
export class RefusalWatch {
  readonly #refusals: Refusal[] = []
  readonly #done: Promise<unknown>
  #stopped = false

  constructor({ nodes }: LabCluster) {
    this.#done = Promise.all(nodes.map((node) => this.#follow(node)))
  }

  /** Resolves with how long nodes refused, from the first that did to the last, in ms; 0 when none did. */
  async stop(): Promise<number> {
    this.#stopped = true
    await this.#done
    if (this.#refusals.length === 0) return 0
    const ends = this.#refusals.map(({ until }) => until)
    return Math.max(...ends) - Math.min(...this.#refusals.map(({ from }) => from))
  }

  async #follow(node: LabServer): Promise<void> {
    while (!this.#stopped) {
      const from = performance.now()
      const refused = await refuses(node)
      await sleep(lookEvery)
      if (refused) this.#refusals.push({ from, until: performance.now() })
    }
  }
}

/** Any slot will do: a node that answers for keys says MOVED where it does not serve it. */
async function refuses(node: LabServer): Promise<boolean> {
  if (node.state !== 'running') return false
  const answer = node.ask(['GET', 'k'], 500).then(String, String)
  return (await answer).includes('CLUSTERDOWN')
}

const lookEvery = 5

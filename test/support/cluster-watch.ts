import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from '../../src/index.js'
import type { LabCluster, LabServer } from '../../src/lab/index.js'

/** A question to a node and its answer; times are on the clock of performance.now(). */
interface Answer {
  readonly from: number
  readonly until: number
  /** Whether the node refuses all keys. */
  readonly refused: boolean
}

/** What nodes did, since some time. */
export interface Seen {
  /** How long nodes refused all keys as CLUSTERDOWN: from the first that did to the last, in ms; 0 when none did. */
  readonly refusal: number
  /** The longest that a node took to answer, in ms. */
  readonly slowest: number
}

/**
 * Asks all live nodes of a cluster for a key every few ms, past any client. Between the failure of a primary and the
 * promotion of its replica they refuse, unless `cluster-require-full-coverage` is off; and a machine that is busy is slow
 * to run so many servers, whatever a client does.
 */
export class ClusterWatch {
  readonly #answers: Answer[] = []
  readonly #done: Promise<unknown>
  #stopped = false

  constructor({ nodes }: LabCluster) {
    this.#done = Promise.all(nodes.map((node) => this.#follow(node)))
  }

  async stop(since = 0): Promise<Seen> {
    this.#stopped = true
    await this.#done
    const answers = this.#answers.filter(({ until }) => until > since)
    const refusals = answers.filter(({ refused }) => refused)
    const [first, last] = [refusals.map(({ from }) => from), refusals.map(({ until }) => until)]
    const refusal = refusals.length === 0 ? 0 : Math.max(...last) - Math.min(...first) + lookEvery
    return { refusal, slowest: Math.max(0, ...answers.map(({ from, until }) => until - from)) }
  }

  async #follow(node: LabServer): Promise<void> {
    while (!this.#stopped) {
      if (node.state === 'running') await this.#ask(node)
      await sleep(lookEvery)
    }
  }

  /** Any key will do: a node that serves another slot says so. One that is killed or frozen gives no answer. */
  async #ask(node: LabServer): Promise<void> {
    const from = performance.now()
    const error: unknown = await node.ask(['GET', 'k'], 2_000).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error !== undefined && !(error instanceof CommandError)) return
    const refused = error !== undefined && error.reply.startsWith('CLUSTERDOWN')
    this.#answers.push({ from, until: performance.now(), refused })
  }
}

const lookEvery = 5

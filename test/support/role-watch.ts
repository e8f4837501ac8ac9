import { setTimeout as sleep } from 'node:timers/promises'
import type { LabServer } from '../../src/lab/index.js'

/** A node said that it is primary, and had not said so before. */
export interface Promotion {
  readonly node: LabServer
  /** On the clock of performance.now(). */
  readonly at: number
}

/** What the nodes say of themselves all the while, looked at every few ms: what an eager switch is relative to. */
export class RoleWatch {
  readonly #promotions: Promotion[] = []
  readonly #done: Promise<unknown>
  #stopped = false

  private constructor(nodes: readonly LabServer[], primary: LabServer) {
    this.#done = Promise.all(nodes.filter((node) => node !== primary).map((node) => this.#follow(node)))
  }

  static start(nodes: readonly LabServer[], primary: LabServer): RoleWatch {
    return new RoleWatch(nodes, primary)
  }

  /** In the order they came. */
  async stop(): Promise<readonly Promotion[]> {
    this.#stopped = true
    await this.#done
    return this.#promotions
  }

  async #follow(node: LabServer): Promise<void> {
    while (!this.#stopped && !(await saysPrimary(node))) await sleep(lookEvery)
    if (!this.#stopped) this.#promotions.push({ node, at: performance.now() })
  }
}

async function saysPrimary(node: LabServer): Promise<boolean> {
  if (node.state !== 'running') return false
  const reply = await node.ask(['ROLE'], 300).catch(() => undefined)
  return Array.isArray(reply) && reply[0] === 'master'
}

const lookEvery = 5

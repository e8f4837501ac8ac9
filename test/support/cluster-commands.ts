import { CommandError } from '../../src/errors.js'
import type { LabCluster, LabServer } from '../../src/lab/index.js'
import { tagOf } from '../../src/keys/slot.js'

/** Runs a command of one key on a cluster over the lab's own lines, and follows MOVED and ASK. */
export async function follow(cluster: LabCluster, first: LabServer, words: readonly string[]): Promise<unknown> {
  let node = first
  let asking = false
  for (let redirects = 0; redirects < 10; redirects++) {
    try {
      return await run(node, words, asking)
    } catch (error) {
      const [kind, , address] = error instanceof CommandError ? error.reply.split(' ') : []
      const next = cluster.nodes.find((candidate) => candidate.address === address)
      if (next === undefined) throw error
      node = next
      asking = kind === 'ASK'
    }
  }
  throw new Error(`${words[0]} was redirected ten times`)
}

/** Nothing may come between ASKING and the command. */
async function run(node: LabServer, words: readonly string[], asking: boolean): Promise<unknown> {
  const before = asking ? [node.command('ASKING')] : []
  return (await Promise.all([...before, node.command(...words)])).at(-1)
}

/** Names of keys in this slot. */
export function keysIn(slot: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `{${tagOf(slot)}}:${index}`)
}

/** Keeps the last number that was written under each key and acknowledged. */
export class NumberedWrites {
  readonly #acknowledged = new Map<string, number>()
  readonly #cluster: LabCluster
  readonly #keys: readonly string[]

  constructor(cluster: LabCluster, keys: readonly string[]) {
    this.#cluster = cluster
    this.#keys = keys
  }

  /** Adds one to a key; each write begins at the same node. */
  async write(n: number): Promise<void> {
    const key = this.#keys[n % this.#keys.length] as string
    const value = Number(await follow(this.#cluster, this.#cluster.nodes[0] as LabServer, ['INCR', key]))
    this.#acknowledged.set(key, Math.max(value, this.#acknowledged.get(key) ?? 0))
  }

  /** The keys that hold less than what was acknowledged. */
  async lost(): Promise<string[]> {
    const lost: string[] = []
    for (const [key, value] of this.#acknowledged) {
      const held = await follow(this.#cluster, this.#cluster.nodes[0] as LabServer, ['GET', key])
      if (Number(held) < value) lost.push(key)
    }
    return lost
  }
}

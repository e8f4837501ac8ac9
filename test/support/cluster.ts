import type { NodeTarget } from '../../src/connection/connection.js'
import type { Cache, CacheOptions } from '../../src/index.js'
import { slotOf } from '../../src/keys/slot.js'
import type { LabCluster, LabServer } from '../../src/lab/index.js'
import { test as base, type MakeCaches } from './caches.js'

/** Tests on a cluster of three primaries, each with a replica, that the file shares. */
export const test = base
  .extend('cluster', { scope: 'file' }, ({ lab }) => lab.cluster({ config: { 'cluster-require-full-coverage': 'no' } }))
  .extend('clusterCache', async ({ cluster, make }): Promise<Cache> => {
    await Promise.all((await cluster.primaries()).map((primary) => primary.command('FLUSHALL')))
    return cacheOf(cluster, make)
  })

/** A cache on a cluster. */
export function cacheOf({ locations }: LabCluster, make: MakeCaches, options: CacheOptions = {}): Cache {
  return make({ cache: { client: 'cluster', location: locations, ...options } }).cache
}

/** Where a server is dialled. */
export function targetOf({ address }: LabServer): NodeTarget {
  const at = address.lastIndexOf(':')
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) }
}

/** A slot that is being moved, as `valkey-cli --cluster reshard` moves it. */
export class OpenSlot {
  readonly slot: number
  readonly source: LabServer
  readonly target: LabServer
  readonly #ids: readonly [source: string, target: string]
  readonly #nodes: readonly LabServer[]

  private constructor(
    slot: number,
    [source, target]: readonly [LabServer, LabServer],
    ids: readonly [string, string],
    nodes: readonly LabServer[],
  ) {
    this.slot = slot
    this.source = source
    this.target = target
    this.#ids = ids
    this.#nodes = nodes
  }

  /** Opens the slot of a key, towards the next primary. */
  static async of(key: string, cluster: LabCluster): Promise<OpenSlot> {
    const [source, primaries] = await Promise.all([cluster.primaryOf(key), cluster.primaries()])
    const target = primaries.find((primary) => primary !== source) as LabServer
    const ids = (await Promise.all([source, target].map((node) => node.command('CLUSTER', 'MYID')))).map(String)
    const [from, to] = ids as [string, string]
    const slot = slotOf(key)
    await target.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from)
    await source.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to)
    return new OpenSlot(slot, [source, target], [from, to], primaries)
  }

  /** Moves keys. */
  async move(...keys: readonly string[]): Promise<void> {
    const { host, port } = targetOf(this.target)
    await this.source.command('MIGRATE', host, port, '', 0, 5_000, 'KEYS', ...keys)
  }

  /** The keys that the target has, of those that lie in the slot. */
  async keysAtTarget(): Promise<readonly string[]> {
    return (await this.target.command('CLUSTER', 'GETKEYSINSLOT', this.slot, most)) as string[]
  }

  /** Moves what is left, and gives the slot to the target. */
  async finish(): Promise<void> {
    const left = (await this.source.command('CLUSTER', 'GETKEYSINSLOT', this.slot, most)) as string[]
    if (left.length > 0) await this.move(...left)
    await this.#give(this.#ids[1], [this.target, this.source])
  }

  /** Moves the rest at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.finish()
  }

  async #give(id: string, first: readonly LabServer[]): Promise<void> {
    for (const node of [...first, ...this.#nodes.filter((other) => !first.includes(other))])
      await node.command('CLUSTER', 'SETSLOT', this.slot, 'NODE', id)
  }
}

/** More keys than a test has. */
const most = 100_000

import { addressOf, type NodeTarget } from '../connection/connection.js'
import type { Topology, TopologyProvider } from './topology.js'

/** A primary and replicas that are named once and never change. */
export class StaticProvider implements TopologyProvider {
  readonly name: string
  readonly current: Topology

  constructor(primary: NodeTarget | undefined, replicas: readonly NodeTarget[]) {
    this.name = [primary, ...replicas].flatMap((target) => (target ? [addressOf(target)] : [])).join(',')
    this.current = Object.freeze({ primary, replicas, sentinels: [], epoch: 0 })
  }

  start(): void {}
  refresh(): void {}
  suspect(): void {}
  destroy(): void {}

  onChange(): () => void {
    return () => {}
  }

  onFailure(): () => void {
    return () => {}
  }

  async close(): Promise<void> {}
}

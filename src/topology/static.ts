import { addressOf, type NodeTarget } from '../connection/connection.js'
import type { TopologyProvider } from './provider.js'
import type { Topology } from './topology.js'

/** A primary and replicas that are named once and never change. */
export class StaticProvider implements TopologyProvider {
  readonly name: string
  readonly current: Topology
  readonly quorateAt: number = -Infinity
  readonly startedAt: number = -Infinity

  constructor(primary: NodeTarget | undefined, replicas: readonly NodeTarget[]) {
    this.name = [primary, ...replicas].flatMap((target) => (target ? [addressOf(target)] : [])).join(',')
    this.current = Object.freeze({
      primary,
      replicas,
      sentinels: [],
      epoch: 0,
      provisional: false,
      failover: undefined,
      quorate: false,
      primaryDown: false,
    })
  }

  start(): void {}
  refresh(): void {}
  suspect(): void {}
  alarm(): void {}
  destroy(): void {}

  promote(): boolean {
    return false
  }

  onChange(): () => void {
    return () => {}
  }

  onFailure(): () => void {
    return () => {}
  }

  async close(): Promise<void> {}
}

import { randomBytes } from 'node:crypto'
import { loopback } from '../ports.js'
import type { ClusterFeatures } from './features.js'
import { rangeText, type SlotRange } from './slots.js'

/** A node as a server's `nodes.conf` has it: what the server knows of the cluster when it starts. */
export interface FileEntry {
  readonly id: string
  readonly shardId: string
  readonly port: number
  readonly busPort: number
  /** A replica's primary, by its id. */
  readonly of?: string | undefined
  readonly epoch?: number
  readonly slots?: readonly SlotRange[]
}

/** The text of the file for the server with the id `self`. */
export function nodesFile(entries: readonly FileEntry[], self: string, { shardIds }: ClusterFeatures): string {
  const lines = entries.map(({ id, shardId, port, busPort, of, epoch = 0, slots = [] }) => {
    const role = of === undefined ? 'master' : 'slave'
    return [
      id,
      `${loopback}:${port}@${busPort}${shardIds ? `,,shard-id=${shardId}` : ''}`,
      id === self ? `myself,${role}` : role,
      of ?? '-',
      `0 0 ${epoch} connected`,
      ...slots.map(rangeText),
    ].join(' ')
  })
  return [...lines, 'vars currentEpoch 0 lastVoteEpoch 0', ''].join('\n')
}

/** A primary that does not exist, for a replica that is to take its place. Nobody listens on port 1. */
export function absentPrimary(shardId: string, slots: readonly SlotRange[] = []): FileEntry {
  return { id: randomId(), shardId, port: 1, busPort: 1, slots }
}

/** As servers make the ids of nodes and of shards. */
export function randomId(): string {
  return randomBytes(20).toString('hex')
}

import { randomBytes } from 'node:crypto'
import { rangeText, type SlotRange } from './slots.js'

/** A node as a server's `nodes.conf` has it: what the server knows of the cluster when it starts. */
export interface FileEntry {
  readonly id: string
  readonly shardId: string
  readonly host: string
  readonly port: number
  readonly busPort: number
  /** A replica's primary. */
  readonly of?: string
  readonly slots?: readonly SlotRange[]
}

/** The text of the file for the server with the id `self`. */
export function nodesFile(entries: readonly FileEntry[], self: string): string {
  const lines = entries.map(({ id, shardId, host, port, busPort, of, slots = [] }) => {
    const role = of === undefined ? 'master' : 'slave'
    return [
      id,
      `${host}:${port}@${busPort},,shard-id=${shardId}`,
      id === self ? `myself,${role}` : role,
      of ?? '-',
      '0 0 0 connected',
      ...slots.map(rangeText),
    ].join(' ')
  })
  return [...lines, 'vars currentEpoch 0 lastVoteEpoch 0', ''].join('\n')
}

export function randomId(): string {
  return randomBytes(20).toString('hex')
}

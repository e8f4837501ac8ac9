import type { Address, Reply } from '../../connection/connection.js'
import { nodeViewOf } from '../group/node-view.js'
import type { LabServer } from '../server/server.js'
import { parseRange, type SlotRange } from './slots.js'

/** A cluster as one of its nodes describes it. */
export interface ClusterView {
  readonly address: Address
  /** Of the node itself. */
  readonly id: string
  /** It answers for keys: `cluster_state:ok`. */
  readonly ok: boolean
  /** A replica's link to its primary is up; a primary's always is. */
  readonly linked: boolean
  /** A slot of its own is on its way to another node, or one of another on its way here. */
  readonly open: boolean
  /** Every node that it knows, itself included. */
  readonly nodes: readonly ListedNode[]
}

/** A node in a node's list. */
export interface ListedNode {
  readonly id: string
  readonly flags: readonly string[]
  /** A replica's primary. */
  readonly of: string | undefined
  readonly epoch: number
  readonly connected: boolean
  /** CLUSTER SHARDS calls it `online`. */
  readonly online: boolean
  readonly slots: readonly SlotRange[]
}

export async function viewOf(server: LabServer): Promise<ClusterView> {
  const ask = (what: string): Promise<Reply> => server.ask(['CLUSTER', what], patience)
  const [{ linked }, info, table, shards] = await Promise.all([
    nodeViewOf(server),
    ask('INFO'),
    ask('NODES'),
    ask('SHARDS'),
  ])
  const lines = String(table).trim().split('\n')
  const nodes = lines.map((line) => parseNode(line, onlineIn(shards)))
  const id = nodes.find(({ flags }) => flags.includes('myself'))?.id ?? ''
  const ok = /^cluster_state:ok/m.test(String(info))
  return { address: server.address, id, ok, linked, open: lines.some((line) => line.includes('[')), nodes }
}

/** One line of CLUSTER NODES; slots that are on their way stand in brackets at its end. */
function parseNode(line: string, online: ReadonlySet<string>): ListedNode {
  const [id, , flags, of, , , epoch, link, ...slots] = line.split(' ') as [string, ...string[]]
  return {
    id,
    flags: flags?.split(',') ?? [],
    of: of === '-' ? undefined : of,
    epoch: Number(epoch),
    connected: link === 'connected',
    online: online.has(id),
    slots: slots.filter((text) => !text.startsWith('[')).map(parseRange),
  }
}

function onlineIn(shards: Reply): ReadonlySet<string> {
  const nodes = (shards as Map<string, Map<string, string>[]>[]).flatMap((shard) => shard.get('nodes') ?? [])
  return new Set(nodes.flatMap((node) => (node.get('health') === 'online' ? [node.get('id') ?? ''] : [])))
}

const patience = 500

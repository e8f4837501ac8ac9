import { addressOf, type NodeTarget, type Reply, type Role } from '../../connection/connection.js'
import { fieldsOf } from '../fields.js'
import { isSlot, joined } from './slots.js'
import type { SlotRange } from './source.js'
import { primaryOf, type ClusterView, type ViewedNode, type ViewedShard } from './view.js'

/** How the node was asked. */
export interface Asked {
  readonly target: NodeTarget
  /** Whether by TLS, which has a port of its own. */
  readonly secure: boolean
}

/**
 * Reads the reply to CLUSTER SHARDS. Fields are found by name, unknown ones are ignored. Of shards without slots only those
 * with a primary that is online are of use. Pure.
 */
export function parseShards(reply: Reply, asked: Asked): ClusterView {
  const shards = listOf(reply).map((row) => parseShard(fieldsOf(row), asked))
  return shards.filter((shard) => shard.slots.length > 0 || primaryOf(shard)?.online)
}

/** Reads the reply to CLUSTER SLOTS: one row for each range of slots, its primary first. Pure. */
export function parseSlots(reply: Reply, asked: Asked): ClusterView {
  const shards = new Map<string, ViewedShard>()
  for (const row of listOf(reply)) {
    const [from, to, ...rows] = listOf(row)
    const nodes = rows.flatMap((node, index) =>
      parseSlotsNode(listOf(node), index === 0 ? 'primary' : 'replica', asked),
    )
    const [primary] = nodes
    if (primary === undefined || !isSlot(from) || !isSlot(to)) continue
    const key = primary.id ?? addressOf(primary.target)
    shards.set(key, { nodes, slots: joined([...(shards.get(key)?.slots ?? []), [from, to]]) })
  }
  return [...shards.values()]
}

function parseShard(fields: ReadonlyMap<string, Reply>, asked: Asked): ViewedShard {
  const nodes = listOf(fields.get('nodes')).flatMap((node) => parseNode(fieldsOf(node), asked))
  return { nodes, slots: joined(pairsOf(listOf(fields.get('slots')))) }
}

function parseNode(fields: ReadonlyMap<string, Reply>, asked: Asked): readonly ViewedNode[] {
  const port = asked.secure ? (fields.get('tls-port') ?? fields.get('port')) : fields.get('port')
  const host = hostOf(fields.get('endpoint'), fields.get('ip'), asked)
  const role = fields.get('role') === 'master' ? 'primary' : 'replica'
  const node = { id: idOf(fields.get('id')), role, online: fields.get('health') === 'online' } as const
  return nodeAt(host, port, fields, node)
}

function parseSlotsNode([endpoint, port, id, more]: readonly Reply[], role: Role, asked: Asked): readonly ViewedNode[] {
  const fields = fieldsOf(more)
  return nodeAt(hostOf(endpoint, fields.get('ip'), asked), port, fields, { id: idOf(id), role, online: true })
}

/** None where it cannot be dialled. Its zone is told from Valkey 9.1 on. */
function nodeAt(
  host: string,
  port: Reply | undefined,
  fields: ReadonlyMap<string, Reply>,
  node: Omit<ViewedNode, 'target'>,
): readonly ViewedNode[] {
  const number = Number(port)
  if (host === '' || !Number.isInteger(number) || number < 1 || number > 65_535) return []
  const zone = fields.get('availability-zone')
  return [{ ...node, target: { host, port: number, ...(typeof zone === 'string' && { zone }) } }]
}

/**
 * The host at which clients are to reach the node. Without one it is reached where the node was that named it; `?` stands
 * for a hostname that is not known.
 */
function hostOf(endpoint: Reply | undefined, ip: Reply | undefined, { target }: Asked): string {
  if (typeof endpoint === 'string' && endpoint !== '' && endpoint !== '?') return endpoint
  if (endpoint === '?' && typeof ip === 'string' && ip !== '') return ip
  return target.host
}

function idOf(id: Reply | undefined): string | undefined {
  return typeof id === 'string' && id !== '' ? id : undefined
}

function pairsOf(slots: readonly Reply[]): readonly SlotRange[] {
  return slots.flatMap((from, index): readonly SlotRange[] => {
    const to = slots[index + 1]
    return index % 2 === 0 && isSlot(from) && isSlot(to) ? [[from, to]] : []
  })
}

function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : []
}

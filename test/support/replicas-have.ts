import { eventually, type LabServer } from '../../src/lab/index.js'

/**
 * Waits until the replicas have what their primary has by now, whoever wrote it: WAIT speaks of the writes of its own
 * connection only. The primary itself may be among the nodes; each other must be reachable.
 */
export async function replicasHave(primary: LabServer, nodes: readonly LabServer[]): Promise<void> {
  const written = await positionOf(primary)
  const replicas = nodes.filter((node) => node !== primary)
  await eventually(async () => {
    const positions = await Promise.all(replicas.map(positionOf))
    return positions.every(({ history, offset }) => history === written.history && offset >= written.offset)
  })
}

/** How far in which history a node is, as INFO says; for a replica, what it has applied. */
async function positionOf(node: LabServer): Promise<{ readonly history: string; readonly offset: number }> {
  const info = String(await node.command('INFO', 'replication'))
  const field = (name: string): string => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? ''
  return { history: field('master_replid'), offset: Number(field('master_repl_offset')) }
}

import type { TopologySnapshot } from '../../clients/client.js'
import type { LabServer } from '../../lab/server/server.js'
import type { Milliseconds } from '../../units.js'
import type { Paint } from '../terminal/paint.js'
import { table } from '../terminal/table.js'
import { timeText } from '../terminal/units.js'
import type { LoadReading } from './load.js'
import type { Reading } from './meter.js'
import type { Act } from './stage.js'

/** What the lab shows at one moment. */
export interface LabView {
  readonly title: string
  /** How long it has been running, in ms. */
  readonly elapsed: Milliseconds
  readonly load: LoadReading
  readonly topology: TopologySnapshot
  readonly servers: readonly Pick<LabServer, 'address' | 'state'>[]
  readonly acts: readonly Pick<Act, 'key' | 'does'>[]
  /** What was done and what came of it, the latest last. */
  readonly log: readonly string[]
}

/** The lab as one screen of text. Pure. */
export function labLines(view: LabView, paint: Paint): readonly string[] {
  const { title, elapsed, load, topology, servers, acts, log } = view
  const rows = [streamRow('reads', load.reads, paint), streamRow('writes', load.writes, paint)]
  return [
    `${paint('bold', 'valkey-cache lab')} · ${title} · ${timeText(elapsed)}`,
    '',
    ...table(['', 'per second', 'p99', 'gap', 'longest gap', 'failed'], rows, paint),
    lossText(load, paint),
    '',
    stateText(topology, paint),
    ...table(
      ['server', 'process', 'role'],
      servers.map((server) => serverRow(server, topology, paint)),
      paint,
    ),
    '',
    ...acts.map(({ key, does }) => `${paint('bold', key)} ${does}`),
    `${paint('bold', 'q')} quit`,
    '',
    ...log.slice(-logLength),
  ]
}

function streamRow(name: string, { rate, p99, gap, longestGap, failed }: Reading, paint: Paint): readonly string[] {
  const late = gap > lateAfter ? paint('red', timeText(gap)) : timeText(gap)
  const failures = failed > 0 ? paint('red', String(failed)) : String(failed)
  return [name, String(Math.round(rate)), p99 === undefined ? '' : timeText(p99), late, timeText(longestGap), failures]
}

function lossText({ acknowledged, checked, lost }: LoadReading, paint: Paint): string {
  const text = `lost ${lost} of ${checked} acknowledged writes that were looked for again`
  return `${lost > 0 ? paint('red', text) : text} (${acknowledged} in all)`
}

function stateText({ state, primary, epoch, shards }: TopologySnapshot, paint: Paint): string {
  const shown = paint(state === 'steady' ? 'green' : 'yellow', state)
  return shards.length > 1 ? `${shown} · ${shards.length} shards` : `${shown} · primary ${primary} · epoch ${epoch}`
}

function serverRow(
  { address, state }: Pick<LabServer, 'address' | 'state'>,
  { shards, primary, replicas }: TopologySnapshot,
  paint: Paint,
): readonly string[] {
  const primaries = [primary, ...shards.map((shard) => shard.primary)]
  const others = [...replicas, ...shards.flatMap((shard) => shard.replicas)]
  const role = primaries.includes(address) ? 'primary' : others.includes(address) ? 'replica' : ''
  return [address, state === 'running' ? state : paint('red', state), role]
}

/** A gap that is longer is shown in red, in ms. */
const lateAfter: Milliseconds = 100
const logLength = 6

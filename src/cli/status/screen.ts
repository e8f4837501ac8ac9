import type { Paint } from '../terminal/paint.js'
import { table } from '../terminal/table.js'
import { bytesText, countText, timeText } from '../terminal/units.js'
import type { ContactState } from '../look/contact.js'
import { slotsText, type ShardStatus } from './cluster-view.js'
import type { NodeStatus, SentinelStatus, StatusReport } from './report.js'

/** The report as one screen of text. Pure. */
export function statusLines(report: StatusReport, paint: Paint): readonly string[] {
  const { nodes, sentinels, problems } = report
  const parts = [
    [headline(report, paint)],
    rowsOf(nodeHeading, nodes, nodeRow, paint),
    shardTable(report, paint),
    rowsOf(sentinelHeading, sentinels, sentinelRow, paint),
    problems.map((problem) => `${paint('red', 'wrong')}  ${problem}`),
  ]
  return parts.filter(({ length }) => length > 0).flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
}

/** A table, where there is anything to show. */
function rowsOf<One>(
  heading: readonly string[],
  all: readonly One[],
  rowOf: (one: One, paint: Paint) => readonly string[],
  paint: Paint,
): readonly string[] {
  const rows = all.map((one) => rowOf(one, paint))
  return rows.length === 0 ? [] : table(heading, rows, paint)
}

function headline({ name, kind, state, primary, primaryFor, epoch, shards }: StatusReport, paint: Paint): string {
  const parts = [
    `${paint('bold', name)} ${kinds[kind]}`,
    paint(state === 'steady' ? 'green' : 'red', state),
    ...(shards.length > 0 || kind === 'cluster'
      ? [countText(shards.length, 'shard')]
      : [`primary ${primary ?? 'unknown'}`]),
    ...(primaryFor === undefined ? [] : [`for ${timeText(primaryFor)} or longer`]),
    ...(epoch === undefined ? [] : [`epoch ${epoch}`]),
  ]
  return parts.join(' · ')
}

const kinds = {
  sentinel: '(Sentinel)',
  cluster: '(cluster)',
  shard: '(hash ring)',
  static: '(fixed roles)',
  single: '(one server)',
} as const

const nodeHeading = ['node', 'role', 'state', 'rtt', 'behind', 'pending', 'clients', 'memory', 'version']

function nodeRow(node: NodeStatus, paint: Paint): readonly string[] {
  const { address, role, state, rtt, lag, pending, clients, version } = node
  return [
    address,
    role ?? '',
    stateText(state, paint),
    rtt === undefined ? '' : timeText(rtt),
    lag === undefined ? '' : bytesText(lag),
    String(pending),
    clients === undefined ? '' : String(clients),
    memoryText(node),
    version ?? '',
  ]
}

function memoryText({ usedMemory, maxMemory }: NodeStatus): string {
  if (usedMemory === undefined) return ''
  return maxMemory ? `${bytesText(usedMemory)} of ${bytesText(maxMemory)}` : bytesText(usedMemory)
}

const sentinelHeading = ['sentinel', 'service', 'state', 'rtt', 'names', 'epoch', 'sees', 'quorum']

function sentinelRow(sentinel: SentinelStatus, paint: Paint): readonly string[] {
  const { address, service = '', state, rtt, primary, epoch, electorate, othersUp, quorum, quorumReached } = sentinel
  const sees = electorate === undefined || othersUp === undefined ? '' : `${othersUp + 1} of ${electorate}`
  return [
    address,
    service,
    stateText(state, paint) + (sentinel.tilt === true ? paint('red', ', TILT') : ''),
    rtt === undefined ? '' : timeText(rtt),
    primary ?? '',
    epoch === undefined ? '' : String(epoch),
    sees,
    quorum === undefined ? '' : `${quorum}${quorumReached === false ? ' not reached' : ''}`,
  ]
}

function shardTable({ shards }: StatusReport, paint: Paint): readonly string[] {
  const places = shards.map((shard, place) => ({ ...shard, place }))
  return rowsOf(shardHeading, places, shardRow, paint)
}

const shardHeading = ['shard', 'service', 'slots', 'primary', 'replicas', 'state']

function shardRow(
  { place, name = '', slots, primary, replicas, state }: ShardStatus & { readonly place: number },
  paint: Paint,
): readonly string[] {
  return [
    String(place),
    name === primary ? '' : name,
    slotsText(slots),
    primary ?? '',
    replicas.join(' '),
    state === 'steady' ? state : paint('red', state),
  ]
}

function stateText(state: ContactState, paint: Paint): string {
  return paint(state === 'up' ? 'green' : 'red', state)
}

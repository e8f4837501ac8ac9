import type { Paint } from '../terminal/paint.js'
import { table } from '../terminal/table.js'
import { bytesText, countText, timeText } from '../terminal/units.js'
import type { ContactState } from '../look/contact.js'
import { slotsText } from './cluster-view.js'
import type { NodeStatus, SentinelStatus, StatusReport } from './report.js'

/** The report as one screen of text. Pure. */
export function statusLines(report: StatusReport, paint: Paint): readonly string[] {
  const { nodes, sentinels, shards, problems } = report
  return [
    headline(report, paint),
    '',
    ...table(
      nodeHeading,
      nodes.map((node) => nodeRow(node, paint)),
      paint,
    ),
    ...(shards.length === 0 ? [] : ['', ...shardTable(report, paint)]),
    ...(sentinels.length === 0
      ? []
      : [
          '',
          ...table(
            sentinelHeading,
            sentinels.map((one) => sentinelRow(one, paint)),
            paint,
          ),
        ]),
    ...(problems.length === 0 ? [] : ['', ...problems.map((problem) => `${paint('red', 'wrong')}  ${problem}`)]),
  ]
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
  const { address, service = '', state, rtt, primary, epoch, electorate, othersUp, quorum, quorumCheck } = sentinel
  const sees = electorate === undefined || othersUp === undefined ? '' : `${othersUp + 1} of ${electorate}`
  return [
    address,
    service,
    stateText(state, paint),
    rtt === undefined ? '' : timeText(rtt),
    primary ?? '',
    epoch === undefined ? '' : String(epoch),
    sees,
    quorum === undefined ? '' : `${quorum}${quorumCheck?.startsWith('NOQUORUM') ? ' not reached' : ''}`,
  ]
}

function shardTable({ shards }: StatusReport, paint: Paint): readonly string[] {
  const rows = shards.map(({ name = '', slots, primary, replicas, state }, place) => [
    String(place),
    name === primary ? '' : name,
    slotsText(slots),
    primary ?? '',
    replicas.join(' '),
    state === 'steady' ? state : paint('red', state),
  ])
  return table(['shard', 'service', 'slots', 'primary', 'replicas', 'state'], rows, paint)
}

function stateText(state: ContactState, paint: Paint): string {
  return paint(state === 'up' ? 'green' : 'red', state)
}

import type { Address } from '../../connection/connection.js'
import type { StatusReport } from './report.js'

/** What there is to tell of shards that know nothing of each other, each of which has a report; of one it is that. Pure. */
export function joinedReport(reports: readonly StatusReport[]): StatusReport {
  const [only] = reports
  if (only !== undefined && reports.length === 1) return only
  return {
    name: reports.map(({ name }) => name).join(','),
    kind: 'shard',
    state: worst(reports),
    primary: undefined,
    primaryFor: undefined,
    epoch: undefined,
    nodes: reports.flatMap(({ nodes }) => nodes),
    sentinels: reports.flatMap(({ name: service, sentinels }) => sentinels.map((one) => ({ ...one, service }))),
    shards: reports.map(({ name, primary, nodes, state }) => ({
      name,
      primary,
      replicas: replicasIn(nodes),
      slots: [],
      state,
    })),
    problems: [...new Set(reports.flatMap(({ problems }) => problems))],
  }
}

function replicasIn(nodes: StatusReport['nodes']): readonly Address[] {
  return nodes.filter(({ role }) => role === 'replica').map(({ address }) => address)
}

function worst(reports: readonly StatusReport[]): StatusReport['state'] {
  const states = reports.map(({ state }) => state)
  return (['failing-over', 'suspect', 'none'] as const).find((state) => states.includes(state)) ?? 'steady'
}

import { addressOf, type Address, type Reply } from '../../connection/connection.js'
import type { LabServer } from '../server/server.js'

/** What one sentinel says of a service. */
export interface SentinelView {
  readonly address: Address
  /** The primary it sends clients to. */
  readonly primary: Address
  /** The primary it watches; behind `primary` while it leads a failover. */
  readonly watched: Listed
  readonly epoch: number
  readonly replicas: readonly Listed[]
  readonly otherSentinels: readonly Listed[]
  /** Whether enough sentinels can be reached to agree on a failover. */
  readonly quorum: boolean
}

/** A server in a sentinel's list. */
export interface Listed {
  readonly address: Address
  /** It is neither down nor disconnected, and no failover is under way. */
  readonly healthy: boolean
  /** A replica's link to its primary, as the sentinel last heard: it asks every 10 s only. */
  readonly linked: boolean
}

export async function primaryAccordingTo(sentinel: LabServer, serviceName: string): Promise<Address> {
  const reply = await sentinel.ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', serviceName], patience)
  const [host, port] = reply as [string, string]
  return addressOf({ host, port: Number(port) })
}

export async function viewOf(sentinel: LabServer, serviceName: string): Promise<SentinelView> {
  const ask = (word: string): Promise<Reply> => sentinel.ask(['SENTINEL', word, serviceName], patience)
  const [primary, watched, replicas, sentinels, quorum] = await Promise.all([
    primaryAccordingTo(sentinel, serviceName),
    ask('MASTER'),
    ask('REPLICAS'),
    ask('SENTINELS'),
    ask('CKQUORUM').catch(() => 'NO'),
  ])
  const fields = fieldsOf(watched)
  return {
    address: sentinel.address,
    primary,
    watched: listed(fields),
    epoch: Number(fields.get('config-epoch')),
    replicas: (replicas as Reply[]).map((reply) => listed(fieldsOf(reply))),
    otherSentinels: (sentinels as Reply[]).map((reply) => listed(fieldsOf(reply))),
    quorum: String(quorum).startsWith('OK'),
  }
}

function listed(fields: ReadonlyMap<Reply, Reply>): Listed {
  return {
    address: addressOf({ host: String(fields.get('ip')), port: Number(fields.get('port')) }),
    healthy: !/s_down|o_down|disconnected|failover_in_progress/.test(String(fields.get('flags'))),
    linked: (fields.get('master-link-status') ?? 'ok') === 'ok',
  }
}

/** Fields come as a map, or from older servers as a list of names and values. */
function fieldsOf(reply: Reply): ReadonlyMap<Reply, Reply> {
  if (reply instanceof Map) return reply
  const flat = reply as Reply[]
  return new Map(flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? null]] : [])))
}

const patience = 500

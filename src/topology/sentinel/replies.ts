import type { NodeTarget, Reply } from '../../connection/connection.js'
import { textsOf } from '../fields.js'

/** A replica as one sentinel sees it. */
export interface ReplicaView extends NodeTarget {
  readonly flags: ReadonlySet<string>
  /** 0: it may not be promoted. */
  readonly priority: number
  /** What the node says of itself. */
  readonly roleReported: string
  readonly linkUp: boolean
  /** How long its link to its primary has been down, in ms; below 0 when it never was up. */
  readonly linkDownFor: number
  /** The primary it follows, by the sentinels' own host and port; port 0 until the node was heard of. */
  readonly primaryHost: string
  readonly primaryPort: number
}

/** The monitored service as one sentinel sees it. */
export interface PrimaryView extends NodeTarget {
  readonly flags: ReadonlySet<string>
  readonly epoch: number
  /** How many sentinels it knows beside itself, dead ones included. */
  readonly otherSentinels: number
}

/** Another sentinel as one sentinel sees it. */
export interface SentinelView extends NodeTarget {
  /** Its run id; empty until it was heard of. */
  readonly id: string
}

export interface OtherSentinel extends SentinelView {
  /** Whether the one that was asked believes it to be down. */
  readonly down: boolean
}

/** The answer to SENTINEL GET-MASTER-ADDR-BY-NAME; `undefined` when the name is not known there. */
export function parseAddress(reply: Reply): NodeTarget | undefined {
  if (!Array.isArray(reply)) return undefined
  const [host, port] = reply
  return typeof host === 'string' && host !== '' && Number(port) > 0 ? { host, port: Number(port) } : undefined
}

/** The answer to SENTINEL MASTER. */
export function parsePrimary(reply: Reply): PrimaryView {
  const fields = textsOf(reply)
  return {
    ...targetOf(fields),
    flags: flagsOf(fields),
    epoch: Number(fields.get('config-epoch') ?? 0),
    otherSentinels: Number(fields.get('num-other-sentinels') ?? 0),
  }
}

/** The answer to SENTINEL REPLICAS: those that can be dialled. */
export function parseReplicas(reply: Reply): readonly ReplicaView[] {
  return rows(reply).map((fields) => ({
    ...targetOf(fields),
    flags: flagsOf(fields),
    priority: Number(fields.get('slave-priority') ?? 100),
    roleReported: fields.get('role-reported') ?? '',
    linkUp: fields.get('master-link-status') === 'ok',
    linkDownFor: Number(fields.get('master-link-down-time') ?? 0),
    primaryHost: fields.get('master-host') ?? '',
    primaryPort: Number(fields.get('master-port') ?? 0),
  }))
}

/** The answer to SENTINEL SENTINELS: the others that are alive and can be dialled. */
export function parseSentinels(reply: Reply): readonly SentinelView[] {
  return parseOthers(reply).flatMap(({ down, ...sentinel }) => (down ? [] : [sentinel]))
}

/** The answer to SENTINEL SENTINELS: the others that can be dialled, alive or not. */
export function parseOthers(reply: Reply): readonly OtherSentinel[] {
  return rows(reply).map((fields) => ({
    ...targetOf(fields),
    id: fields.get('runid') ?? '',
    down: flagsOf(fields).has('s_down'),
  }))
}

/** The answer to SENTINEL MYID: the run id of the sentinel itself; `undefined` where it was refused. */
export function parseId(reply: Reply): string | undefined {
  return typeof reply === 'string' && reply !== '' ? reply : undefined
}

/** None of a host that the sentinel cannot name, or has no port of. */
function rows(reply: Reply): readonly ReadonlyMap<string, string>[] {
  return (Array.isArray(reply) ? reply : []).map(textsOf).filter((fields) => {
    const { host, port } = targetOf(fields)
    return host !== '' && port > 0
  })
}

function targetOf(fields: ReadonlyMap<string, string>): NodeTarget {
  return { host: fields.get('ip') ?? '', port: Number(fields.get('port') ?? 0) }
}

function flagsOf(fields: ReadonlyMap<string, string>): ReadonlySet<string> {
  return new Set((fields.get('flags') ?? '').split(','))
}

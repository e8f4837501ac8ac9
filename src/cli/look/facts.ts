import type { Address } from '../../connection/connection.js'
import type { Servers } from '../../config/servers.js'
import type { Milliseconds } from '../../units.js'
import type { Contact } from './contact.js'
import type { NodeTold } from './node.js'
import type { SentinelTold } from './sentinel.js'

/** A server, as one look found it. */
interface ServerFacts<Told> extends Contact<Told> {
  /** The certificate that it shows, where it is reached by TLS and was asked for it. */
  readonly certificate: CertificateFacts | undefined
}

/** A sentinel, as one look found it. */
export interface SentinelFacts extends ServerFacts<SentinelTold> {
  /** Whether the configuration names it; else another sentinel does. */
  readonly configured: boolean
}

/** A data node, as one look found it. */
export type NodeFacts = ServerFacts<NodeTold>

export interface CertificateFacts {
  /** Until when it is valid, in ms since 1970. */
  readonly until: Milliseconds
}

/** Everything that one look found: the input of all that is shown and judged. */
export interface Facts {
  /** The service, the seeds of a cluster, or the addresses of the servers. */
  readonly name: string
  /** What the servers are, which is `'cluster'` also where the configuration does not say so. */
  readonly kind: Servers['kind']
  /** The one that the configuration names. */
  readonly primary: Address | undefined
  /** None where there is no Sentinel. */
  readonly sentinels: readonly SentinelFacts[]
  readonly nodes: readonly NodeFacts[]
  /** When it was looked, in ms since 1970. */
  readonly at: Milliseconds
}

/** The facts about one node; `undefined` for an address that nobody named. */
export function nodeAt({ nodes }: Facts, address: Address | undefined): NodeFacts | undefined {
  return nodes.find((node) => node.address === address)
}

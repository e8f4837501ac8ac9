import type { EncodedCommand, NodeTarget, Reply } from '../../connection/connection.js'
import { parseRole, type RoleReport } from '../../connection/resp/role.js'
import { parseShards } from '../../topology/cluster/replies.js'
import type { ClusterView } from '../../topology/cluster/view.js'
import { textsOf } from '../../topology/fields.js'
import { text, type Question } from './contact.js'
import { infoOf, softwareOf, type Fields, type Software } from './info.js'
import { askRights, userQuestion, type Rights } from './rights.js'

/** What one data node told. What it refused to tell is `undefined`. */
export interface NodeTold {
  readonly role: RoleReport | undefined
  readonly software: Software | undefined
  /** The fields of INFO. */
  readonly info: Fields | undefined
  /** Those of its settings that matter here; none where they were refused. */
  readonly settings: Fields
  /** The cluster as it sees it; `undefined` for a server that is in none. */
  readonly cluster: ClusterTold | undefined
  /** Its other clients, where it was asked for them. */
  readonly clients: readonly ClientTold[] | undefined
  /** What our user may not do of what it was asked about; `undefined` where that cannot be known. */
  readonly refused: readonly string[] | undefined
}

export interface ClusterTold {
  readonly view: ClusterView
  /** The fields of CLUSTER INFO. */
  readonly info: Fields | undefined
}

/** A connection that a server has. */
export interface ClientTold {
  /** Where it comes from, without the port. */
  readonly host: string
  readonly name: string
}

/** What a node is asked beyond the usual. */
export interface NodeExtras {
  /** Whether clients reach it by TLS. */
  readonly secure: boolean
  /** Commands of which it says whether our user may run them; with any, it is asked for its clients too. @default none */
  readonly rights?: Rights | undefined
}

/** Asks a data node for all that is shown of it. */
export function askNode(target: NodeTarget, { secure, rights }: NodeExtras): Question<NodeTold> {
  return async (connection, deadline) => {
    const extras = rights === undefined ? [] : extraQuestions
    const replies = await connection.batch([...usualQuestions, ...extras], { deadline })
    const [role = null, info, settings, shards, clusterInfo, clients, user] = replies
    const fields = infoOf(info)
    const refused = await askRights(connection, rights, { user, deadline })
    return {
      role: parseRole(role),
      software: softwareOf(fields),
      info: fields,
      settings: textsOf(settings),
      cluster: clusterOf(shards, clusterInfo, { target, secure }),
      clients: typeof clients === 'string' ? clientsOf(clients) : undefined,
      refused,
    }
  }
}

function clusterOf(
  shards: Reply | undefined,
  info: Reply | undefined,
  asked: { readonly target: NodeTarget; readonly secure: boolean },
): ClusterTold | undefined {
  return Array.isArray(shards) ? { view: parseShards(shards, asked), info: infoOf(info) } : undefined
}

/** One line each, of `name=value` pairs. */
function clientsOf(list: string): readonly ClientTold[] {
  const lines = list.split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const field = (name: string): string => new RegExp(`(?:^| )${name}=(\\S*)`).exec(line)?.[1] ?? ''
    return { host: field('addr').replace(/:\d+$/, ''), name: field('name') }
  })
}

/** Those that INFO does not tell. */
const settingNames = ['min-replicas-to-write', 'stop-writes-on-bgsave-error'] as const

const usualQuestions: readonly EncodedCommand[] = [
  text('ROLE'),
  text('INFO'),
  text('CONFIG', 'GET', ...settingNames),
  text('CLUSTER', 'SHARDS'),
  text('CLUSTER', 'INFO'),
]
const extraQuestions: readonly EncodedCommand[] = [text('CLIENT', 'LIST'), userQuestion]

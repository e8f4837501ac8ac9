import type { Address, Connection, ExecuteOptions, NodeTarget } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { abortable } from '../../connection/limit.js'
import type { Milliseconds } from '../../units.js'
import type { CallOptions, LeaseOptions } from '../client.js'
import type { Intent } from '../command.js'
import { OwnConnection } from '../own-connection.js'
import type { RemoteClient } from '../remote.js'
import { FollowingConnection, type FollowingParts, type Opened } from './following.js'
import type { Redirect } from './redirect.js'
import type { Placing } from './way.js'

/** Where leases find the shards. */
export interface LeaseParts {
  /** The shard that has the key, once there is one; where no key is known yet any, or an error. */
  readonly shardFor: (key: string | undefined, intent: Intent, options: CallOptions) => Promise<RemoteClient>
  /** How keys are placed: one connection serves those of one place. */
  readonly placing: Placing<unknown>
  /** How redirects are followed. @default servers send none */
  readonly redirects?: LeaseRedirects
  /** How long each command may take that says nothing itself, in ms. */
  readonly timeFor: (intent: Intent, options: CallOptions) => Milliseconds
}

/** What leases need to follow redirects. */
export interface LeaseRedirects {
  readonly ofPrimary: (target: NodeTarget) => RemoteClient
  /** Takes a redirect as evidence. */
  readonly heed: (redirect: Redirect, sender: Address) => void
}

/** Connections of one's own among several shards: each is connected by its first command, unless the keys are known before. */
export class ShardedLeases {
  readonly #parts: LeaseParts
  readonly #running = new Set<Promise<unknown>>()
  readonly #abandon = new Set<(reason: Error) => void>()

  constructor(parts: LeaseParts) {
    this.#parts = parts
  }

  run<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions,
  ): Promise<Out> {
    const running = new Promise<Out>((resolve, reject) => {
      this.#abandon.add(reject)
      void this.#use(intent, work, options)
        .then(resolve, reject)
        .finally(() => this.#abandon.delete(reject))
    })
    this.#running.add(running)
    return running.finally(() => this.#running.delete(running))
  }

  /** Rejects what runs; the work itself is its owner's concern. */
  end(reason: Error): void {
    for (const reject of this.#abandon) reject(reason)
  }

  /** Resolves when no work runs any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }

  async #use<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: LeaseOptions,
  ): Promise<Out> {
    const { keys = [], signal } = options
    const [known] = keys
    const { placing, redirects } = this.#parts
    const crossed: FollowingParts['crossed'] = (name, together) =>
      together.length > 1 && placing.commonOf(together) === undefined ? placing.crossed(name, together) : undefined
    const refusal = crossed('use', keys)
    if (refusal !== undefined) throw refusal
    const time = this.#parts.timeFor(intent, options)
    const connection = new FollowingConnection({
      open: async (key, limits) => {
        const shard = await this.#parts.shardFor(known ?? key, intent, { ...options, deadline: timeLeft(limits) })
        return open(shard, intent, { ...options, deadline: timeLeft(limits) })
      },
      crossed,
      redirects: redirects && {
        openAt: (target, limits) => {
          const shard = redirects.ofPrimary(target)
          return open(shard, intent, { ...options, deadline: timeLeft(limits), readFrom: 'primary' })
        },
        heed: redirects.heed,
      },
    })
    try {
      if (known !== undefined) await connection.connect(known, { deadline: loopClock.now() + time, signal })
      const running = Promise.resolve(work(new OwnConnection(connection, { deadline: time, signal }, loopClock)))
      return await (signal === undefined ? running : abortable(running, signal))
    } finally {
      connection.release()
    }
  }
}

/** Leases a connection of a shard until it is given back. */
function open(shard: RemoteClient, intent: Intent, options: LeaseOptions): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const use = (connection: Connection): Promise<void> => new Promise((release) => resolve({ connection, release }))
    shard.leaseSocket(intent, use, options).catch(reject)
  })
}

/** In ms. The signal of one command is none of the connection's, which others use after it. */
function timeLeft({ deadline }: ExecuteOptions): Milliseconds {
  return deadline - loopClock.now()
}

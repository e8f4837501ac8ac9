import { setTimeout as sleep } from 'node:timers/promises'
import { loopClock } from '../../connection/deadlines.js'
import { CommandError } from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import type { CallOptions } from '../client.js'
import { retryPause } from '../retry.js'
import type { RemoteClient } from '../remote.js'
import type { ChannelListener, Subscription } from '../subscriptions.js'

/** Where a subscription finds its shard. */
export interface SubscribeParts {
  /** The shard that serves the channel's slot, once there is one. */
  readonly shardFor: (options: CallOptions) => Promise<RemoteClient>
  /** Takes what a server of the shard said of the slot as evidence of where it is. */
  readonly learn: (text: string, shard: RemoteClient) => void
}

/** Listens to a channel where its slot is; asks again elsewhere, within `time` ms, when a server says that it is not there. */
export async function subscribeInShard(
  channel: string,
  listener: ChannelListener,
  time: Milliseconds,
  { shardFor, learn }: SubscribeParts,
  options: CallOptions,
): Promise<Subscription> {
  const deadline = loopClock.now() + time
  for (let attempts = 1; ; attempts++) {
    const shard = await shardFor({ ...options, deadline: deadline - loopClock.now() })
    try {
      return await shard.subscribe(channel, listener, options)
    } catch (error) {
      const pause = retryPause(attempts, Math.random())
      if (!isOfSlot(error) || loopClock.now() + pause >= deadline) throw error
      learn(error.reply, shard)
      await sleep(pause)
    }
  }
}

/** Whether the server refused because of the slot, or of the cluster's state. */
function isOfSlot(error: unknown): error is CommandError {
  return error instanceof CommandError && (error.retryable || error.reply.startsWith('MOVED '))
}

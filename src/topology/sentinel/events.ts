import { addressOf, type Address, type NodeTarget, type Push } from '../../connection/connection.js'

/** What a message of a sentinel says of our service. */
export type SentinelEvent =
  /** Something changed: it is worth asking again. */
  | { readonly kind: 'hint' }
  /** The epoch of the failover that this sentinel begins next; the message names no service. */
  | { readonly kind: 'epoch'; readonly epoch: number }
  /** A failover of the primary `from` is under way here; `candidate` is to replace it, once it was selected. */
  | { readonly kind: 'failover'; readonly from: Address; readonly candidate: NodeTarget | undefined }
  /** A failover is over here: given up, or done. */
  | { readonly kind: 'aborted' }
  | { readonly kind: 'done' }

const kinds: ReadonlyMap<string, SentinelEvent['kind']> = new Map<string, SentinelEvent['kind']>([
  ['+switch-master', 'done'],
  ['+slave', 'hint'],
  ['+sdown', 'hint'],
  ['-sdown', 'hint'],
  ['+convert-to-slave', 'hint'],
  ['+reboot', 'hint'],
  ['+new-epoch', 'epoch'],
  ['+try-failover', 'failover'],
  ['+elected-leader', 'failover'],
  ['+failover-state-select-slave', 'failover'],
  ['+selected-slave', 'failover'],
  ['+failover-state-send-slaveof-noone', 'failover'],
  ['+failover-state-wait-promotion', 'failover'],
  ['+promoted-slave', 'failover'],
  ['-failover-abort-not-elected', 'aborted'],
  ['-failover-abort-no-good-slave', 'aborted'],
  ['-failover-abort-slave-timeout', 'aborted'],
  ['-failover-abort-master-timeout', 'aborted'],
  ['+failover-end', 'done'],
  ['+failover-end-for-timeout', 'done'],
])

/** The channels that announce a change of primary, replicas or their reachability. */
export const sentinelChannels: readonly string[] = [...kinds.keys()]

/**
 * What a message means for our service; `undefined` when it is about something else.
 * Shape: `+switch-master` is `name oldip oldport newip newport`; of a primary `master name ip port`; of a replica or
 * sentinel `slave|sentinel label ip port @ name ip port`; `+new-epoch` is a number. All groups share the channels.
 */
export function parseSentinelEvent([type, channel, message]: Push, serviceName: string): SentinelEvent | undefined {
  if (type !== 'message' || typeof channel !== 'string' || typeof message !== 'string') return undefined
  const kind = kinds.get(channel)
  const words = message.split(' ')
  if (kind === 'epoch') return epochEvent(words)
  if (kind === undefined || serviceOf(channel, words) !== serviceName) return undefined
  return kind === 'failover' ? failoverEvent(words) : { kind }
}

function epochEvent([epoch]: readonly string[]): SentinelEvent | undefined {
  return /^\d+$/.test(epoch ?? '') ? { kind: 'epoch', epoch: Number(epoch) } : undefined
}

function serviceOf(channel: string, words: readonly string[]): string | undefined {
  if (channel === '+switch-master') return words[0]
  return words[0] === 'master' ? words[1] : words[4] === '@' ? words[5] : undefined
}

function failoverEvent(words: readonly string[]): SentinelEvent | undefined {
  const ofReplica = words[4] === '@'
  const primary = targetAt(words, ofReplica ? 6 : 2)
  if (primary === undefined) return undefined
  return { kind: 'failover', from: addressOf(primary), candidate: ofReplica ? targetAt(words, 2) : undefined }
}

function targetAt(words: readonly string[], index: number): NodeTarget | undefined {
  const [host, port] = [words[index], Number(words[index + 1])]
  return host && port > 0 ? { host, port } : undefined
}

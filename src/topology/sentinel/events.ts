import type { Push } from '../../connection/connection.js'

/** The channels that announce a change of primary, replicas or their reachability. */
export const sentinelChannels = [
  '+switch-master',
  '+slave',
  '+sdown',
  '-sdown',
  '+convert-to-slave',
  '+reboot',
] as const

/**
 * Whether a message of a sentinel is about our service, so that it is worth asking again.
 * Shape: `+switch-master` is `name oldip oldport newip newport`; of a primary `master name ip port`; of a replica or
 * sentinel `slave|sentinel label ip port @ name ip port`. All groups share the channels.
 */
export function concernsService([kind, channel, message]: Push, serviceName: string): boolean {
  if (kind !== 'message' || typeof message !== 'string') return false
  const words = message.split(' ')
  if (channel === '+switch-master') return words[0] === serviceName
  return words[0] === 'master' ? words[1] === serviceName : words[4] === '@' && words[5] === serviceName
}

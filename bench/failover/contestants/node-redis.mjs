import { createSentinel } from '@redis/client'

/** `replicaPoolSize`: without it replicas are not read. */
export async function open({ serviceName, sentinels }) {
  const client = createSentinel({ name: serviceName, sentinelRootNodes: sentinels, replicaPoolSize: 1 })
  client.on('error', () => {})
  await client.connect()
  return {
    write: (key, value) => client.set(key, String(value)),
    read: (key) => client.get(key),
    stored: (key) => key,
  }
}

import { createCluster } from '@redis/client'

/** `timeout: 'off'`: without its deadline, which by default makes an AbortSignal.timeout for each command. */
export async function open({ nodes }, { timeout } = {}) {
  const rootNodes = nodes.map((socket) => ({ socket }))
  const commandOptions = timeout === 'off' ? { commandOptions: { timeout: undefined } } : {}
  const client = createCluster({ rootNodes, ...commandOptions, defaults: commandOptions })
  client.on('error', (error) => console.error(error))
  await client.connect()
  return {
    get: (key) => client.get(key),
    getMany: (keys) => Promise.all(keys.map((key) => client.get(key))),
    set: (key, value) => client.set(key, value),
    close: () => client.close(),
  }
}

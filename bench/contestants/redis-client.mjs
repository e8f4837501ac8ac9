import { createClient } from '@redis/client'

/** `timeout: 'off'`: without its deadline, which by default makes an AbortSignal.timeout for each command. */
export async function open(server, { timeout } = {}) {
  const commandOptions = timeout === 'off' ? { commandOptions: { timeout: undefined } } : {}
  const client = createClient({ socket: server, ...commandOptions })
  client.on('error', (error) => console.error(error))
  await client.connect()
  return {
    get: (key) => client.get(key),
    set: (key, value) => client.set(key, value),
    close: () => client.close(),
  }
}

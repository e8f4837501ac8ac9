import { createClient } from '@redis/client'

/** `timeout: 'off'`: without its deadline, which by default makes an AbortSignal.timeout for each command. */
export async function open(server, { timeout } = {}) {
  const commandOptions = timeout === 'off' ? { commandOptions: { timeout: undefined } } : {}
  const client = createClient({ socket: server, ...commandOptions })
  client.on('error', (error) => console.error(error))
  await client.connect()
  const expiring = { expiration: { type: 'PX', value: 300_000 } }
  return {
    get: (key) => client.get(key),
    getMany: (keys) => client.mGet(keys),
    set: (key, value) => client.set(key, value),
    setMany: (entries) => Promise.all(entries.map(([key, value]) => client.set(key, value, expiring))),
    iterKeys: (pattern) => keysOf(client.scanIterator({ MATCH: pattern, COUNT: 1_000 })),
    close: () => client.close(),
  }
}

/** Key by key, as ours; SCAN may give one twice. */
async function* keysOf(pages) {
  for await (const page of pages) yield* page
}

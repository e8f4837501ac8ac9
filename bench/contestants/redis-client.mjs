import { createClient } from '@redis/client'

/**
 * `timeout: 'off'`: without its deadline, which by default makes an AbortSignal.timeout for each command. `near`: with
 * its client-side cache, of values that are JSON.
 */
export async function open(server, { timeout, near = false } = {}) {
  return near ? openNear(server) : openPlain(server, timeout)
}

async function openNear(server) {
  const clientSideCache = { ttl: 0, maxEntries: 20_000, evictPolicy: 'LRU' }
  const client = createClient({ socket: server, RESP: 3, clientSideCache })
  client.on('error', (error) => console.error(error))
  await client.connect()
  return {
    madePrefix: '',
    get: async (key) => JSON.parse(await client.get(key)),
    set: (key, value) => client.set(key, JSON.stringify(value)),
    close: () => client.close(),
  }
}

async function openPlain(server, timeout) {
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

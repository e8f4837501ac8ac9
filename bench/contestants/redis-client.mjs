import { createClient } from '@redis/client'

/**
 * `timeout: 'off'`: without its deadline, which by default makes an AbortSignal.timeout for each command. `near`: with
 * its client-side cache, of values that are JSON. Its `way` is `unix`, `tls`, or plain TCP.
 */
export async function open(server, { timeout, near = false, way } = {}) {
  const socket = socketFor(way, server)
  return near ? openNear(socket) : openPlain(socket, timeout)
}

function socketFor(way, { host, port, ways }) {
  if (way === 'unix') return { path: ways.path }
  return way === 'tls' ? { host, port: ways.securePort, tls: true, ca: ways.ca } : { host, port }
}

async function openNear(socket) {
  const clientSideCache = { ttl: 0, maxEntries: 20_000, evictPolicy: 'LRU' }
  const client = createClient({ socket, RESP: 3, clientSideCache })
  client.on('error', (error) => console.error(error))
  await client.connect()
  return {
    madePrefix: '',
    get: async (key) => JSON.parse(await client.get(key)),
    set: (key, value) => client.set(key, JSON.stringify(value)),
    close: () => client.close(),
  }
}

async function openPlain(socket, timeout) {
  const commandOptions = timeout === 'off' ? { commandOptions: { timeout: undefined } } : {}
  const client = createClient({ socket, ...commandOptions })
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

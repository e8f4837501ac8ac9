import { Cluster } from 'iovalkey'

/** `pipelining`: its own way to send the commands of one tick to a node together. */
export async function open({ nodes }, { pipelining = false } = {}) {
  const client = new Cluster(nodes, { enableAutoPipelining: pipelining })
  await client.ping()
  return {
    get: (key) => client.get(key),
    getMany: (keys) => Promise.all(keys.map((key) => client.get(key))),
    set: (key, value) => client.set(key, value),
    close: () => client.quit(),
  }
}

import { startLab } from 'valkey-cache/lab'

await using lab = await startLab()
// Three primaries with a replica each; a cache takes `cluster.locations` as its location, with client: 'cluster'.
const cluster = await lab.cluster({ shards: 3, replicas: 1, nodeTimeout: 2_000 })
console.log(`${cluster.nodes.length} nodes, ${(await cluster.primaries()).length} of them primaries`)

const owner = await cluster.primaryOf('user:1')
await owner.command('SET', 'user:1', 'Ada')

const shard = (await cluster.primaries()).indexOf(owner)
const promoted = await cluster.failover(shard) // its replica takes over, and all nodes agree
console.log(`the key lies on the replica that was promoted: ${(await cluster.primaryOf('user:1')) === promoted}`)

const added = await cluster.addNode() // a primary without slots
await cluster.reshard({ slots: 100, from: promoted, to: added }) // the highest of its slots, with their keys
console.log(`${(await cluster.primaries()).length} primaries`)

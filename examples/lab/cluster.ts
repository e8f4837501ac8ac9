import { startLab } from 'valkey-cache/lab'

await using lab = await startLab()
// Three primaries with a replica each; a cache takes `cluster.locations` as its location, with client: 'cluster'.
const cluster = await lab.cluster({ shards: 3, replicas: 1, nodeTimeout: 2_000 })
console.log(`${cluster.nodes.length} nodes, ${(await cluster.primaries()).length} of them primaries`)

const [, second] = await cluster.primaries()
const owner = await cluster.primaryOf('user:1')
await owner.command('SET', 'user:1', 'Ada')
console.log(`user:1 lies on the second primary: ${owner === second}`)

const promoted = await cluster.failover(0) // the replica of the first primary takes over, and all nodes agree
console.log(`the new first primary: ${(await cluster.primaries())[0] === promoted}`)

const added = await cluster.addNode() // a primary without slots
await cluster.reshard({ slots: 100, from: promoted, to: added }) // the highest hundred of its slots, with their keys
console.log(`primaries: ${(await cluster.primaries()).length}`)
await cluster.removeNode(added) // its slots go to the others first
console.log(`primaries: ${(await cluster.primaries()).length}, still there: ${await owner.command('EXISTS', 'user:1')}`)

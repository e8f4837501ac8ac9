import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

await using caches = createCaches({
  near: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels, readFrom: 'nearest', maxLag: '2s' },
  picky: {
    location: 'valkey://mymaster/0',
    client: 'sentinel',
    sentinels,
    // A replica that is less than 100 ms behind, else any node that answers.
    readFrom: (nodes) =>
      nodes.find(({ role, lag }) => role === 'replica' && lag !== undefined && lag < 100) ?? nodes[0],
  },
})

await caches.near.set('greeting', 'hello')
console.log(await caches.near.get('greeting'), await caches.picky.get('greeting', { readFrom: 'primary' }))

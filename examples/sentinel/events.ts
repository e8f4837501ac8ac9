import { createCaches } from 'valkey-cache'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

await using caches = createCaches({
  default: { location: 'valkey://mymaster/0', client: 'sentinel', sentinels },
})
const cache = caches.default

cache.on('primary-changed', ({ from, to, epoch, cause, duration }) =>
  console.log(`primary ${from} → ${to}, epoch ${epoch}, by ${cause}, after ${Math.round(duration)} ms`),
)
cache.on('replica-ejected', ({ address, reason }) => console.log(`replica ${address} is out: ${reason}`))
cache.on('replica-restored', ({ address }) => console.log(`replica ${address} is back`))
cache.on('sentinel-lost', ({ address }) => console.log(`sentinel ${address} does not answer`))
cache.on('disagreement', ({ claims }) =>
  console.log('sentinels disagree:', claims.map(({ primary, epoch }) => `${primary} in epoch ${epoch}`).join(', ')),
)

await cache.set('greeting', 'hello')
await cache.get('greeting')
const { state, nodes } = cache.topology()
console.log(state, nodes.map(({ role }) => role).join(' '))

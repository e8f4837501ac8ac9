import { createCaches } from '../../src/index.js'

/** Where a host works whose clock is wrong, and by how many ms. */
export interface WrongClock {
  readonly location: string
  readonly wrongBy: number
}

/** A host whose clock is wrong by some ms: it reads two keys and writes another when it is told to. */
const { location, wrongBy } = JSON.parse(process.argv[2] ?? '{}') as WrongClock
const right = Date.now.bind(Date)
Date.now = () => right() + wrongBy

const caches = createCaches({ cache: { location, grace: '1h' } })

process.on('message', (own: string) => {
  void look(own).then((seen) => process.send?.(seen))
})

async function look(own: string): Promise<unknown> {
  const { cache } = caches
  await cache.set(own, 'mine', { ttl: '8s' })
  return { fresh: await cache.get('fresh'), left: await cache.ttl('fresh'), stale: (await cache.get('stale')) ?? null }
}

process.on('disconnect', () => void caches.close())
await caches.ready()
process.send?.('ready')

import { createCaches } from 'valkey-cache'

const location = process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/0'
await using caches = createCaches({ default: { location, prefix: 'own' } })
const cache = caches.default

// Any command. Keys go as they are; `key: 1` makes the word at place 1 a key of this cache: own:1:queue.
console.log(await cache.command(['RPUSH', 'queue', 'first', 'second'], { key: 1 })) // 2
console.log(await cache.command(['BLPOP', cache.makeKey('queue'), 5])) // [ 'own:1:queue', 'first' ]

// Many operations in one trip.
const [written, name, count] = await cache.pipeline((pipeline) => [
  pipeline.set('name', 'Ada'),
  pipeline.get<string>('name'),
  pipeline.incr('count', 1, { create: true }),
])
console.log(written, name, count) // true Ada 1

// A connection of your own, for MULTI, WATCH and WAIT.
const replies = await cache.use(async (connection) => {
  const key = cache.makeKey('count')
  await connection.command(['WATCH', key])
  const before = Number(await connection.command(['GET', key]))
  return connection.batch([['MULTI'], ['SET', key, before * 10], ['EXEC']])
})
console.log(replies.at(-1), await cache.get('count')) // [ 'OK' ] 10; null when somebody else wrote meanwhile
await cache.clear()

import { ConnectionError, createCaches } from 'valkey-cache'

const location = 'valkey://127.0.0.1:1/0' // no server there

await using caches = createCaches(
  {
    strict: {},
    safe: { failSafe: true, onError: (_error, { kind, operation }) => console.log(kind, 'in', operation) },
  },
  { location, readDeadline: '300ms', writeDeadline: '300ms' },
)

console.log(await caches.strict.get('user:1').catch((error) => error instanceof ConnectionError)) // true
console.log(await caches.safe.get('user:1')) // undefined: a miss, after onError was told
console.log(await caches.safe.set('user:1', 'Ada')) // false; onError hears of it once a second at most
console.log(await caches.safe.getOrSet('user:1', () => 'Ada')) // Ada: loaded, and not kept

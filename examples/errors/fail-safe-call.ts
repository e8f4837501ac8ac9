import { ConnectionError, createCaches } from 'valkey-cache'

const location = 'valkey://127.0.0.1:1/0' // no server there

await using caches = createCaches(
  { strict: {}, safe: { failSafe: true } },
  { location, readDeadline: '300ms', writeDeadline: '300ms', onError: (_error, { kind }) => console.log(kind) },
)

console.log(await caches.strict.get('page:1', { failSafe: true })) // undefined: a miss, after onError was told
const rejected = caches.safe.delete('user:1', { failSafe: false }).catch((error) => error instanceof ConnectionError)
console.log(await rejected) // true: this one must know
// RECOVERY: the delete was kept, and is lost with this process

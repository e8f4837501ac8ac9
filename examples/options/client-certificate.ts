import { createCaches } from 'valkey-cache'

// Paths, as they are mounted: when the files are replaced, the next connection has the new certificate.
const folder = process.env.VALKEY_TLS ?? '/run/secrets/valkey'
await using caches = createCaches({
  default: {
    location: process.env.VALKEYS_URL ?? 'valkeys://valkey.internal:6379/0',
    tls: { ca: `${folder}/ca.crt`, cert: `${folder}/tls.crt`, key: `${folder}/tls.key` },
  },
})
await caches.default.set('greeting', 'hello')
console.log(await caches.default.get('greeting')) // hello

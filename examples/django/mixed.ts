import { createCaches } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')
const SERIALIZER = 'django_valkey.serializers.json.JSONSerializer'

const settings = {
  DJANGO_VALKEY_CONNECTION_FACTORY: 'django_valkey.pool.SentinelConnectionFactory',
  CACHES: {
    default: {
      BACKEND: 'django_valkey.cache.ValkeyCache',
      LOCATION: 'valkey://mymaster/0',
      OPTIONS: { CLIENT_CLASS: 'django_valkey.client.SentinelClient', SENTINELS: sentinels, SERIALIZER },
    },
    plain: {
      BACKEND: 'django_valkey.cache.ValkeyCache',
      LOCATION: process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/1',
      OPTIONS: {
        CLIENT_CLASS: 'django_valkey.client.DefaultClient',
        CONNECTION_FACTORY: 'django_valkey.pool.ConnectionFactory',
        SERIALIZER,
      },
    },
  },
} as const

await using caches = createCaches(fromDjangoSettings(settings))
await Promise.all([caches.default, caches.plain].map((cache) => cache.set('name', cache.name)))
console.log(await caches.default.get('name'), await caches.plain.get('name'))

import { createCaches } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

const settings = {
  DJANGO_VALKEY_CONNECTION_FACTORY: 'django_valkey.pool.SentinelConnectionFactory',
  CACHES: {
    default: {
      BACKEND: 'django_valkey.cache.ValkeyCache',
      LOCATION: 'valkey://mymaster/0',
      TIMEOUT: 300, // seconds, as in Django
      KEY_PREFIX: 'shop',
      VERSION: 1,
      OPTIONS: {
        CLIENT_CLASS: 'django_valkey.client.SentinelClient',
        CONNECTION_FACTORY: 'django_valkey.pool.SentinelConnectionFactory',
        CONNECTION_POOL_CLASS: 'valkey.sentinel.SentinelConnectionPool',
        CONNECTION_POOL_KWARGS: { max_connections: 100, socket_connect_timeout: 1 },
        SENTINELS: sentinels.map((sentinel) => sentinel.split(':')),
        SENTINEL_KWARGS: { socket_timeout: 0.4 },
        SERIALIZER: 'django_valkey.serializers.json.JSONSerializer',
      },
    },
  },
} as const

await using caches = createCaches(fromDjangoSettings(settings))
await caches.default.set('order:7', { lines: 3 })
console.log(await caches.default.get('order:7'), caches.default.makeKey('order:7'))

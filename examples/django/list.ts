import { createCaches } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'

const sentinels = (process.env.SENTINELS ?? 'sentinel-1:26379,sentinel-2:26379,sentinel-3:26379').split(',')

const settings = {
  DJANGO_VALKEY_CONNECTION_FACTORY: 'django_valkey.pool.SentinelConnectionFactory',
  CACHES: {
    default: {
      BACKEND: 'django_valkey.cache.ValkeyCache',
      LOCATION: ['valkey://mymaster/0?is_master=1', 'valkey://mymaster/0?is_master=0'],
      OPTIONS: {
        CLIENT_CLASS: 'django_valkey.client.DefaultClient',
        SENTINELS: sentinels,
        SERIALIZER: 'django_valkey.serializers.json.JSONSerializer',
      },
    },
  },
} as const

await using caches = createCaches(fromDjangoSettings(settings))
await caches.default.set('greeting', 'written to the primary')
console.log(await caches.default.get('greeting'))

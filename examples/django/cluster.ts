import { createCaches } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'

const nodes = process.env.CLUSTER ?? 'valkey://node-1:6379,valkey://node-2:6379,valkey://node-3:6379'

const settings = {
  CACHES: {
    default: {
      BACKEND: 'django_valkey.cluster_cache.cache.ClusterValkeyCache',
      LOCATION: nodes.split(','),
      KEY_PREFIX: 'shop',
      OPTIONS: {
        BASE_CLIENT_KWARGS: { read_from_replicas: true },
        SERIALIZER: 'django_valkey.serializers.json.JSONSerializer',
      },
    },
  },
} as const

await using caches = createCaches(fromDjangoSettings(settings))
await caches.default.set('order:7', { lines: 3 })
console.log(await caches.default.get('order:7'), caches.default.makeKey('order:7'))

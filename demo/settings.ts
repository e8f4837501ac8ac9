import type { LabGroup, LabServer } from 'valkey-cache/lab'

/** The settings of a Django project on Sentinel, as its documentation writes them; only hosts and ports are ours. */
export function djangoSettings(group: LabGroup, plain: LabServer) {
  const sentinel = { SENTINELS: group.sentinelAddresses, SENTINEL_KWARGS: {}, ...json }
  const service = `valkey://${group.serviceName}`
  return {
    DJANGO_VALKEY_CONNECTION_FACTORY: 'django_valkey.pool.SentinelConnectionFactory',
    CACHES: {
      default: {
        BACKEND: 'django_valkey.cache.ValkeyCache',
        LOCATION: `${service}/0`,
        OPTIONS: { CLIENT_CLASS: 'django_valkey.client.SentinelClient', ...sentinel },
      },
      other: {
        BACKEND: 'django_valkey.cache.ValkeyCache',
        LOCATION: [`${service}/0?is_master=1`, `${service}/0?is_master=0`],
        OPTIONS: { CLIENT_CLASS: 'django_valkey.client.DefaultClient', ...sentinel },
      },
      readonly: {
        BACKEND: 'django_valkey.cache.ValkeyCache',
        LOCATION: `${service}/0?is_master=0`,
        OPTIONS: { CLIENT_CLASS: 'django_valkey.client.DefaultClient', ...sentinel },
      },
      plain: {
        BACKEND: 'django_valkey.cache.ValkeyCache',
        LOCATION: `valkey://${plain.address}/1`,
        OPTIONS: { CONNECTION_FACTORY: 'django_valkey.pool.ConnectionFactory', ...json },
      },
    },
  } as const
}

const json = { SERIALIZER: 'django_valkey.serializers.json.JSONSerializer' }

import { createCaches } from 'valkey-cache'
import { fromDjangoSettings } from 'valkey-cache/django'

interface Session {
  readonly _auth_user_id?: string
  readonly cart?: readonly string[]
}

const settings = {
  CACHES: {
    sessions: {
      BACKEND: 'django_valkey.cache.ValkeyCache',
      LOCATION: process.env.VALKEY_URL ?? 'valkey://127.0.0.1:6379/1',
      KEY_PREFIX: 'shop',
      OPTIONS: { SERIALIZER: 'django_valkey.serializers.json.JSONSerializer' },
    },
  },
} as const

await using caches = createCaches(fromDjangoSettings(settings))
const { sessions } = caches

/** The session of a `sessionid` cookie, as Django's cache engine keeps it. */
async function sessionOf(cookie: string): Promise<Session | undefined> {
  return sessions.get<Session>(`django.contrib.sessions.cache${cookie}`)
}

console.log(sessions.makeKey('django.contrib.sessions.cachen0de5e551on'))
console.log((await sessionOf('n0de5e551on'))?._auth_user_id ?? 'not logged in')

import { createClient } from '@redis/client'
import { RedisStore } from 'connect-redis'
import { contestantOf } from './session-store.mjs'

/** As its page has it. */
export async function open(server) {
  const client = createClient({ socket: server })
  client.on('error', (error) => console.error(error))
  await client.connect()
  return contestantOf(new RedisStore({ client }), () => client.close())
}

import { load } from './our-build.mjs'
import { contestantOf } from './session-store.mjs'

/** A cache as it comes, and sessions in it. */
export async function open({ host, port }) {
  const { createCaches } = await load('index.js')
  const { sessionStore } = await load('adapters/express-session/index.js')
  const caches = createCaches({ sessions: { location: `valkey://${host}:${port}/0` } })
  await caches.ready()
  return contestantOf(sessionStore(caches.sessions), () => caches.close())
}

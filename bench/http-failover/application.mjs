import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** An HTTP application in a process of its own; `cache` says whether it has one, `dist` from which build. */
export async function startApplication({ cache, dist }, { location, sentinelAddresses }) {
  const sentinels = sentinelAddresses.map(([host, port]) => ({ host, port }))
  const task = { cache, dist, group: { location, sentinels } }
  const child = fork(join(import.meta.dirname, 'application-worker.mjs'), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const failed = once(child, 'exit').then(([status]) =>
    Promise.reject(new Error(`the application ended with ${status}`)),
  )
  failed.catch(() => {})
  const [{ port }] = await Promise.race([once(child, 'message'), failed])
  return { port, stop: () => child.kill('SIGKILL') }
}

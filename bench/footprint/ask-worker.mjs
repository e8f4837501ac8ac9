import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** A process of its own that is given a task, says things one by one, and ends. */
export function askWorker(program, task, execArgv = []) {
  const child = fork(join(import.meta.dirname, program), [JSON.stringify(task)], { execArgv })
  const exit = once(child, 'exit').then(([status, signal]) => {
    if (status !== 0) throw new Error(`${program}: exit ${status ?? signal}`)
  })
  const next = () => Promise.race([once(child, 'message').then(([message]) => message), exit])
  return {
    next,
    tell: (word) => child.send(word),
    finish: async () => {
      const last = await next()
      await exit
      return last
    },
  }
}

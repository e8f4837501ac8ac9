import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

/** Starts a program of this folder with one argument; it may send messages. */
export function startChild(program: string, argument: unknown): ChildProcess {
  return fork(join(import.meta.dirname, program), [JSON.stringify(argument)], { execArgv: ['--import', 'tsx'] })
}

/** Resolves to what a process says next; rejects when it ends before it has said anything. */
export async function messageOf<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController()
  const ended = once(child, 'exit', over).then(([code]) => {
    throw new Error(`The process has ended with ${code}.`)
  })
  try {
    const [message] = (await Promise.race([once(child, 'message', over), ended])) as [T]
    return message
  } finally {
    over.abort()
  }
}

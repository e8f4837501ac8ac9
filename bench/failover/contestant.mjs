// A contestant's process, as the contest sees it. Whatever goes wrong with it is its own problem, and stops nobody.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** In ms: for each answer. */
const patience = 15_000

export class Contestant {
  name
  /** Why it takes no further part. */
  problem
  #child
  #exit

  constructor({ name, module, options }, group, rates) {
    this.name = name
    const { location, serviceName } = group
    const sentinels = group.sentinelAddresses.map(([host, port]) => ({ host, port }))
    const task = { name, module, options, group: { location, serviceName, sentinels }, rates }
    this.#child = fork(program, [JSON.stringify(task)], { stdio: 'ignore' })
    this.#exit = once(this.#child, 'exit').then(([status, signal]) => ({ problem: `ended by ${status ?? signal}` }))
  }

  /** @returns what it answers to `word`, or to having been started; undefined when there is a problem */
  async answer(word) {
    if (this.problem) return undefined
    const message = once(this.#child, 'message').then(([answer]) => answer)
    const late = sleep(patience, { problem: `no answer within ${patience} ms` }, { ref: false })
    if (word) this.#child.send(word)
    const { value, problem } = await Promise.race([message, this.#exit, late])
    this.problem = problem
    return value
  }

  end() {
    this.#child.kill('SIGKILL')
  }
}

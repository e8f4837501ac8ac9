// Plays one row. In every round each contestant has a fresh process, so that nobody runs on code that another's calls
// have shaped, nor pays for another's garbage; the processes of a round take short turns, one working at a time, so
// that what disturbs the machine for a while disturbs everybody.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** @returns for each contestant its results, one a round */
export async function playRow({ contestants, operation, payload, inFlight, repeat = 1 }, server, pace) {
  const results = contestants.map(() => [])
  for (let round = 0; round < pace.rounds * repeat; round++) {
    const tasks = contestants.map(({ module, options }) => ({ module, options, operation, payload, inFlight, server }))
    const outcomes = await playRound(tasks, pace)
    outcomes.forEach((outcome, index) => results[index].push(outcome))
  }
  return results
}

async function playRound(tasks, { warmUp, turns, turn }) {
  const workers = []
  try {
    for (const task of tasks) workers.push(await startWorker(task))
    for (const worker of workers) await worker.warm(warmUp)
    const totals = workers.map(() => ({ calls: 0, time: 0, cpu: 0 }))
    for (let index = 0; index < turns * workers.length; index++) {
      const who = index % workers.length
      add(totals[who], await workers[who].run(turn))
    }
    for (const worker of workers) await worker.finish()
    return totals.map(({ calls, time, cpu }) => ({ perSecond: (calls / time) * 1_000, cpuMicroseconds: cpu / calls }))
  } finally {
    for (const { child } of workers) child.kill()
  }
}

function add(total, result) {
  for (const name of Object.keys(total)) total[name] += result[name]
}

async function startWorker(task) {
  const child = fork(program, [JSON.stringify(task)])
  const exit = once(child, 'exit').then(([status, signal]) => {
    if (status !== 0) throw new Error(`${task.module}, ${task.operation} ${task.payload}: exit ${status ?? signal}`)
  })
  const answer = () => Promise.race([once(child, 'message').then(([message]) => message), exit])
  const play = (task) => {
    child.send(task)
    return answer()
  }
  const run = (duration) => play({ duration })
  const warm = (warmUp) => play({ warmUp })
  const finish = () => {
    child.send({})
    return exit
  }
  await answer()
  return { child, run, warm, finish }
}

// `npm run bench -- failover`: our failover beside that of others. README.md says what is measured and how to read it.
import { contest } from './contest.mjs'
import { contestants } from './contestants/index.mjs'
import { faults } from './faults.mjs'
import { table } from './table.mjs'
import { machine } from '../harness/report.mjs'

/** In ms: whatever happens, it ends. */
const limit = 6 * 60_000

/** @param names of faults; all of them when there are none */
export async function playFailovers(names) {
  const wanted = faultsOf(names)
  const { startLab } = await import('../../dist/lab/index.js')
  const giveUp = setTimeout(() => process.exit(1), limit).unref()
  const lab = await startLab()
  try {
    console.log(machine())
    const contests = []
    for (const fault of wanted) {
      console.error(`failover: ${fault.title}`)
      contests.push(await contest(lab, fault, contestants()))
    }
    console.log(`\n${table(contests)}\n`)
    console.log(`longest stall of a contestant's own process: ${longestStall(contests)} ms  ${machine()}`)
  } finally {
    clearTimeout(giveUp)
    await lab.stop()
  }
  return 0
}

function faultsOf(names) {
  const known = faults.map(({ name }) => name)
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no fault ${unknown.join(', ')}; there are ${known.join(', ')}`)
  return faults.filter(({ name }) => names.length === 0 || names.includes(name))
}

function longestStall(contests) {
  return Math.round(Math.max(...contests.flatMap(({ outcomes }) => outcomes.map(({ stall = 0 }) => stall))))
}

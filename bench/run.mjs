// `npm run bench`: our speed and our failover against those of others. README.md says what is measured and how to read it.
import { playFailovers } from './failover/run.mjs'
import { playImports } from './import/run.mjs'
import { printMachine, printRow, printSummary } from './harness/report.mjs'
import { playRow } from './harness/rounds.mjs'
import { setup } from './harness/setup.mjs'
import { suites } from './suites/index.mjs'

/** In ms, for each contestant in each round. */
const thorough = { rounds: 5, warmUp: 600, turns: 10, turn: 150 }
const quick = { rounds: 3, warmUp: 300, turns: 4, turn: 100 }

async function main([first, ...rest]) {
  const play = { failover: playFailovers, import: playImports }[first]
  if (play === undefined) return playSuites(first === undefined ? [] : [first, ...rest])
  return (await setup()) || play(rest)
}

async function playSuites(args) {
  const pace = args.includes('--quick') ? quick : thorough
  const rows = rowsOf(args.filter((arg) => arg !== '--quick'))
  const status = await setup()
  if (status !== 0) return status
  // Not before the set-up has built it.
  const { startLab } = await import('../dist/lab/index.js')
  const lab = await startLab()
  try {
    const { host, port } = await lab.server()
    printMachine(pace)
    const verdicts = []
    for (const row of rows) verdicts.push(...printRow(row, await playRow(row, { host, port }, pace)))
    printSummary(verdicts)
  } finally {
    await lab.stop()
  }
  return 0
}

/** The rows of the named suites; of all when none is named. */
function rowsOf(names) {
  const unknown = names.filter((name) => suites[name] === undefined)
  if (unknown.length > 0) throw new Error(`no suite ${unknown.join(', ')}; there are ${Object.keys(suites).join(', ')}`)
  return (names.length === 0 ? Object.keys(suites) : names).flatMap((name) => suites[name])
}

process.exitCode = await main(process.argv.slice(2))

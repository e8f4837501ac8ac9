// `npm run bench`: our speed and our failover against those of others. README.md says what is measured and how to read it.
import { parseArgs } from 'node:util'
import { playFailovers } from './failover/run.mjs'
import { playHeap } from './footprint/heap.mjs'
import { playPromises } from './footprint/promises.mjs'
import { playImports } from './import/run.mjs'
import { printMachine, printRow, printSummary } from './harness/report.mjs'
import { playRow } from './harness/rounds.mjs'
import { setup } from './harness/setup.mjs'
import { playHttpFailover } from './http-failover/run.mjs'
import { suites, withBefore } from './suites/index.mjs'

/** In ms, for each contestant in each round. */
const thorough = { rounds: 5, warmUp: 600, turns: 10, turn: 150 }
const quick = { rounds: 3, warmUp: 300, turns: 4, turn: 100 }

/** What is measured otherwise than in rows; each has its own arguments. */
const programs = {
  failover: playFailovers,
  'http-failover': playHttpFailover,
  heap: playHeap,
  import: playImports,
  promises: playPromises,
}

async function main(args) {
  const { values, positionals } = parseArgs({
    args,
    options: { quick: { type: 'boolean', default: false }, before: { type: 'string' } },
    allowPositionals: true,
  })
  const [first, ...rest] = positionals
  const rows = programs[first] === undefined ? rowsOf(positionals, values.before) : []
  const status = await setup()
  if (status !== 0) return status
  return programs[first] === undefined ? playRows(rows, values) : programs[first](rest, values)
}

async function playRows(rows, { quick: isQuick }) {
  const pace = isQuick ? quick : thorough
  // Not before the set-up has built it.
  const { startLab } = await import('../dist/lab/index.js')
  const lab = await startLab()
  try {
    const server = await serversFor(rows, lab)
    printMachine(pace)
    const verdicts = []
    for (const row of rows) verdicts.push(...printRow(row, await playRow(row, placesFor(row, server), pace)))
    printSummary(verdicts)
  } finally {
    await lab.stop()
  }
  return 0
}

/**
 * One server; beside it a cluster of three primaries without replicas, three servers as shards, or such that are 1 ms away in
 * each direction, if a row is about them.
 */
async function serversFor(rows, lab) {
  const needs = (what) => rows.some((row) => row[what] === true)
  const single = needs('ways') ? await startInEveryWay(lab) : placeOf(await lab.server())
  const nodes = needs('cluster') ? (await lab.cluster({ replicas: 0 })).nodes : []
  const three = (options) => Promise.all([1, 2, 3].map(() => lab.server(options)))
  const shards = needs('shards') ? await three() : []
  const far = needs('far') ? await three({ proxied: true }) : []
  for (const { proxy } of far) proxy.delay(1)
  return { ...single, nodes: nodes.map(placeOf), shards: shards.map(placeOf), far: far.map(placeOf) }
}

function placesFor({ far = false }, servers) {
  return far ? { ...servers, shards: servers.far } : servers
}

/** Over a unix socket and TLS too. Its module needs what the set-up builds. */
async function startInEveryWay(lab) {
  const ways = await import('./harness/ways.mjs')
  return ways.startInEveryWay(lab)
}

function placeOf({ host, port }) {
  return { host, port }
}

/** The rows of the named suites; of all when none is named. */
function rowsOf(names, before) {
  const known = [...Object.keys(suites), ...Object.keys(programs)]
  const unknown = names.filter((name) => suites[name] === undefined)
  if (unknown.length > 0) throw new Error(`no suite ${unknown.join(', ')}; there are ${known.join(', ')}`)
  const rows = (names.length === 0 ? Object.keys(suites) : names).flatMap((name) => suites[name])
  return before === undefined ? rows : withBefore(rows, before)
}

process.exitCode = await main(process.argv.slice(2))

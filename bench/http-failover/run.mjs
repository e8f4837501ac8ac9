// `npm run bench -- http-failover`: what the users of an HTTP application feel of a failover, with our cache and without.
// Both applications run side by side, so that what disturbs the machine disturbs both.
import { setTimeout as sleep } from 'node:timers/promises'
import { atMost, machine, median, printSummary } from '../harness/report.mjs'
import { startApplication } from './application.mjs'

const rounds = 5
/** In ms: before the kill, and after it as long as it is judged. */
const [warmUp, judged] = [2_000, 3_000]
/** In ms, above the same application without a cache. */
const most = 60

export async function playHttpFailover(names, { before }) {
  const { startLab } = await import('../../dist/lab/index.js')
  const { startRequests } = await import('./requests.mjs')
  const lab = await startLab()
  const kinds = [
    { name: 'with the cache', cache: true },
    { name: 'without a cache', cache: false },
  ]
  if (before !== undefined) kinds.push({ name: 'with the build before', cache: true, dist: before })
  try {
    console.log(machine())
    console.log(`500 requests/s each, cold keys; ms, of the requests of the ${judged / 1_000} s after the kill`)
    const results = []
    for (let round = 0; round < rounds; round++) results.push(await playOnce(lab, kinds, startRequests))
    printSummary([report(kinds, results)])
  } finally {
    await lab.stop()
  }
  return 0
}

async function playOnce(lab, kinds, startRequests) {
  const group = await lab.group({ downAfter: 1_000, config: { 'min-replicas-to-write': 1 } })
  const applications = []
  try {
    for (const kind of kinds) applications.push(await startApplication(kind, group))
    const loads = applications.map(({ port }) => startRequests(port))
    await sleep(warmUp)
    for (const load of loads) load.mark()
    await group.nodes[0].kill()
    await sleep(judged)
    return await Promise.all(loads.map((load) => load.stop()))
  } finally {
    for (const application of applications) application.stop()
    await Promise.all([...group.nodes, ...group.sentinels].map((server) => server.kill()))
  }
}

function report(kinds, results) {
  console.log(
    '  application'.padEnd(30),
    'p50'.padStart(8),
    'p99'.padStart(8),
    'longest'.padStart(9),
    'failed'.padStart(8),
  )
  kinds.forEach(({ name }, index) => {
    const of = (figure) => median(results.map((round) => round[index][figure])).toFixed(0)
    console.log(
      `  ${name}`.padEnd(30),
      of('p50').padStart(8),
      of('p99').padStart(8),
      of('longest').padStart(9),
      of('failed').padStart(8),
    )
  })
  const above = results.map(([ours, without]) => ours.p99 - without.p99)
  const verdict = atMost('p99 above the application without a cache', median(above), most, ' ms')
  console.log(
    `\n  ${verdict.title}: ${above.map((ms) => ms.toFixed(0)).join(', ')} ms; median ${verdict.seen}   ${verdict.text}`,
  )
  return verdict
}

// `npm run bench -- promises`: how many promises one call of ours makes, as async_hooks counts them; awaits are among them.
import { atMost, machine, printSummary } from '../harness/report.mjs'
import { askWorker } from './ask-worker.mjs'

const bounds = { get: 4, set: 5 }

export async function playPromises(names, { before }) {
  const { startLab } = await import('../../dist/lab/index.js')
  const lab = await startLab()
  try {
    const { host, port } = await lab.server()
    const count = (dist) => askWorker('promises-worker.mjs', { server: { host, port }, dist }).finish()
    const [ours, theirs] = [await count(), before === undefined ? undefined : await count(before)]
    console.log(machine())
    printSummary(ours.map((line, index) => printLine(line, theirs?.[index])).filter(Boolean))
  } finally {
    await lab.stop()
  }
  return 0
}

function printLine({ operation, inFlight, promises }, before) {
  const title = `promises per ${operation}, ${inFlight} in flight`
  const most = inFlight === 1 ? bounds[operation] : undefined
  const verdict = most === undefined ? undefined : atMost(title, promises, most)
  const older = before === undefined ? '' : `   the build before: ${before.promises.toFixed(2)}`
  console.log(`  ${title}`.padEnd(42), promises.toFixed(2).padStart(7), `   ${verdict?.text ?? ''}${older}`)
  return verdict
}

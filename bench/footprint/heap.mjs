// `npm run bench -- heap --before <dist>`: the memory of a call that waits for a frozen server, ours and the build before.
import { atMost, machine, median, printSummary, spread } from '../harness/report.mjs'
import { askWorker } from './ask-worker.mjs'

const rounds = 5
const kinds = ['connection get', 'connection set', 'cache get', 'cache set']

export async function playHeap(names, { before }) {
  const { startLab } = await import('../../dist/lab/index.js')
  const lab = await startLab()
  try {
    console.log(machine())
    const verdicts = []
    for (const kind of kinds) verdicts.push(...(await playKind(lab, kind, before)))
    printSummary(verdicts)
  } finally {
    await lab.stop()
  }
  return 0
}

async function playKind(lab, kind, before) {
  const [ours, theirs] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push(await bytesPerCall(lab, kind))
    if (before !== undefined) theirs.push(await bytesPerCall(lab, kind, before))
  }
  const title = `bytes per waiting ${kind}`
  console.log(`  ${title}`.padEnd(42), Math.round(median(ours)).toString().padStart(7))
  if (before === undefined) return []
  const ratios = ours.map((bytes, round) => bytes / theirs[round])
  const verdict = atMost(title, median(ratios), 0.6, '×')
  console.log(
    '    the build before'.padEnd(42),
    Math.round(median(theirs)).toString().padStart(7),
    `   ${spread(ratios)}   ${verdict.text}`,
  )
  return [verdict]
}

/** The server is frozen while the calls are made and weighed. */
async function bytesPerCall(lab, kind, dist) {
  const server = await lab.server()
  try {
    const task = { server: { host: server.host, port: server.port }, kind, dist }
    const worker = askWorker('heap-worker.mjs', task, ['--expose-gc'])
    await worker.next()
    server.pause()
    worker.tell('go')
    return await worker.finish()
  } finally {
    await server.kill()
  }
}

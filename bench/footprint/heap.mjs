// `npm run bench -- heap --before <dist>`: the memory of a call that waits for a frozen server, ours and the build before.
import { atMost, machine, median, printSummary, spread } from '../harness/report.mjs'
import { askWorker } from './ask-worker.mjs'

const rounds = 5
/** `most`: of the bytes that a call of the build before takes. */
const kinds = [
  { name: 'cache get', most: 0.6 },
  { name: 'cache set', most: 0.6 },
  { name: 'connection get' },
  { name: 'connection set' },
]

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

async function playKind(lab, { name, most }, before) {
  const [ours, theirs] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push(await bytesPerCall(lab, name))
    if (before !== undefined) theirs.push(await bytesPerCall(lab, name, before))
  }
  printBytes(`  bytes per waiting ${name}`, ours, '')
  if (before === undefined) return []
  const ratios = ours.map((bytes, round) => bytes / theirs[round])
  const verdict = most === undefined ? undefined : atMost(`bytes per waiting ${name}`, median(ratios), most, '×')
  printBytes('    the build before', theirs, `${spread(ratios)}   ${verdict?.text ?? ''}`)
  return verdict === undefined ? [] : [verdict]
}

function printBytes(title, bytes, rest) {
  console.log(title.padEnd(42), Math.round(median(bytes)).toString().padStart(7), `   ${rest}`)
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

import { setTimeout as sleep } from 'node:timers/promises'
import { startLab } from '../../src/lab/index.js'

/** A program that uses a lab and ends without stopping it, in the way that its argument says. */
async function main(ending: string | undefined): Promise<void> {
  const lab = await startLab()
  const server = await lab.server()
  const group = await lab.group({ replicas: 1, sentinels: 1, steady: false, proxied: true })
  const hung = await lab.server()
  const crashed = await lab.server()
  hung.pause()
  await crashed.kill()
  const pids = [server, hung, ...group.nodes, ...group.sentinels].map(({ pid }) => pid)
  process.stdout.write(`${JSON.stringify({ pids, folder: lab.folder })}\n`)
  if (ending === 'exit') process.exit(3)
  if (ending === 'throw') throw new Error('as it happens')
  if (ending === 'wait') await sleep(60_000)
}

await main(process.argv[2])

// `npm run app express` or `fastify`: makes a fresh clone ready, starts a Sentinel group of the lab, and the
// application of that name in examples/apps on it; ends with it. PORT says where it listens, by default on 3000.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ensure } from './ensure.mjs'
import { setupJudges } from './setup-judges.mjs'
import { root } from './support/root.mjs'
import { ended } from './support/run.mjs'

const apps = readdirSync(join(root, 'examples/apps')).map((file) => file.replace(/\.js$/, ''))

async function main([name]) {
  if (!apps.includes(name)) {
    console.error(`Which application? npm run app ${apps.join(' | ')}`)
    return 1
  }
  const status = (await ensure()) || ((await setupJudges()) ? 0 : 1)
  return status === 0 ? runOnLab(name) : status
}

/** The lab goes when the application has ended. */
async function runOnLab(name) {
  const { startLab } = await import('../dist/lab/index.js')
  const lab = await startLab()
  try {
    const group = await lab.group({ config: { 'min-replicas-to-write': '1' } })
    const SENTINELS = group.sentinelAddresses.map(([host, port]) => `${host}:${port}`).join()
    return await run(name, { ...process.env, SENTINELS })
  } finally {
    await lab.stop()
  }
}

/**
 * Runs the application, and asks it to end, once, when this program is asked to. It is detached, for a terminal
 * interrupts all that is in its foreground, and the application would end without being asked.
 */
function run(name, env) {
  const args = ['--import', join(root, 'judges/peers.mjs'), join(root, 'examples/apps', `${name}.js`)]
  const child = spawn(process.execPath, args, { stdio: 'inherit', detached: true, env })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.killed || child.kill('SIGTERM'))
  return ended(name, child)
}

process.exitCode = await main(process.argv.slice(2))

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'vitest'
import { freePort, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { test as base } from '../support/caches.js'

const program = join(import.meta.dirname, '../../dist/cli/main.js')

const test = base.extend('group', { scope: 'file' }, ({ lab }) => lab.group({ steady: false, downAfter: 60_000 }))

/** How long the command took, from the start of its process to its end, in ms. */
async function timed(args: readonly string[]): Promise<{ readonly took: number; readonly code: unknown }> {
  const begun = performance.now()
  const child = spawn(process.execPath, [program, 'status', ...args], { stdio: 'ignore' })
  const [code] = (await once(child, 'exit')) as [unknown]
  return { took: performance.now() - begun, code }
}

function addresses({ sentinels, serviceName }: LabGroup): readonly string[] {
  return ['--sentinels', sentinels.map(({ address }) => address).join(), '--service', serviceName]
}

async function whilePaused(servers: readonly LabServer[], args: readonly string[]): ReturnType<typeof timed> {
  for (const server of servers) server.pause()
  try {
    return await timed(args)
  } finally {
    for (const server of servers) server.resume()
  }
}

test('status answers within 1.5 s, whatever is frozen or gone', async ({ group }) => {
  const args = addresses(group)
  const { nodes, sentinels } = group
  const before = await timed(args)
  const frozen = [
    await whilePaused(nodes.slice(0, 1), args),
    await whilePaused(sentinels.slice(0, 1), args),
    await whilePaused([...nodes, ...sentinels], args),
    await timed(['--location', `valkey://127.0.0.1:${await freePort()}`]),
  ]
  const after = await timed(args)
  expect([before, ...frozen, after].map(({ code }) => code)).toEqual([0, 1, 1, 2, 2, 0])
  // However busy the machine is: what it takes of servers that answer, and a second and a tenth for those that do not.
  const bound = Math.max(1_500, 1_100 + Math.max(before.took, after.took))
  for (const { took } of frozen) expect(took).toBeLessThan(bound)
})

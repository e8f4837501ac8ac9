import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect } from 'vitest'
import { eventually, freePort, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { at, test as base } from '../support/caches.js'

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

interface Tried {
  readonly code: unknown
  readonly took: number
  /** The longest that the same took meanwhile with a server that nothing happens to, asked again and again. */
  readonly usual: number
}

/** Asks a server that nothing happens to, again and again while the other command runs; all of that must go well. */
async function control(steady: LabServer, other: Promise<unknown>): Promise<number | undefined> {
  let isOver = false
  const ended = other.finally(() => (isOver = true))
  const all: Awaited<ReturnType<typeof timed>>[] = []
  while (!isOver) all.push(await timed(['--location', at(steady)]))
  await ended
  return all.every(({ code }) => code === 0) ? Math.max(...all.map(({ took }) => took)) : undefined
}

async function tried(args: readonly string[], steady: LabServer, paused: readonly LabServer[] = []): Promise<Tried> {
  for (const server of paused) server.pause()
  try {
    return await eventually(
      async () => {
        const running = timed(args)
        const [found, usual] = await Promise.all([running, control(steady, running)])
        // A machine on which what is well does not answer in time says nothing of what is not.
        return usual !== undefined && { ...found, usual }
      },
      { timeout: 60_000 },
    )
  } finally {
    for (const server of paused) server.resume()
  }
}

test('status answers within 1.5 s, whatever is frozen or gone', async ({ group, server }) => {
  const args = addresses(group)
  const { nodes, sentinels } = group
  const answers = [
    await tried(args, server),
    await tried(args, server, nodes.slice(0, 1)),
    await tried(args, server, sentinels.slice(0, 1)),
    await tried(args, server, [...nodes, ...sentinels]),
    await tried(['--location', `valkey://127.0.0.1:${await freePort()}`], server),
  ]
  expect(answers.map(({ code }) => code)).toEqual([0, 1, 1, 2, 2])
  // On a busy machine starting alone takes longer than that: then it is what it waits for servers, and twice the usual.
  for (const { took, usual } of answers) expect(took).toBeLessThan(Math.max(1_500, 900 + 2 * usual))
})

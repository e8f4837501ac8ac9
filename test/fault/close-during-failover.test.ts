import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { test } from '../support/failover.js'

const closeTimeout = 2_000

test.for(['killed', 'frozen'])(
  'close() while the primary is %s resolves, and nothing stays alive',
  async (fault, { drill }) => {
    const run = await drill()
    await run.strike(() => (fault === 'killed' ? run.primary.kill() : run.primary.pause()))
    await eventually(() => run.cache.topology().state === 'suspect')
    await run.goOnReading(50)
    expect(await run.closeNow()).toBeLessThanOrEqual(closeTimeout + 100)
  },
)

test.for(['kill', 'pause'] as const)(
  'a program that closes during a failover (%s) ends by itself',
  async (fault, { lab }) => {
    const group = await lab.group()
    const program = join(import.meta.dirname, '../support/failover-child.ts')
    const args = ['--import', 'tsx', program, group.location, JSON.stringify(group.sentinelAddresses)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    const lines = createInterface(child.stdout)
    await once(lines, 'line')
    await (await group.primary())[fault]()
    const [closed] = (await once(lines, 'line')) as [string]
    expect(await ended).toEqual([0, null])
    expect(JSON.parse(closed)).toMatchObject({ unsettled: 0 })
  },
)

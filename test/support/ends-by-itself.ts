import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import type { CacheOptions } from '../../src/index.js'

/** A program that uses a cache through a fault, closes it in the middle of that, and ends by itself with nothing unsettled. */
export async function expectEndsByItself(options: CacheOptions, fault: () => unknown): Promise<void> {
  const program = join(import.meta.dirname, 'failover-child.ts')
  const args = ['--import', 'tsx', program, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  const lines = createInterface(child.stdout)
  await once(lines, 'line')
  await fault()
  const [closed] = (await once(lines, 'line')) as [string]
  expect(await ended).toEqual([0, null])
  expect(JSON.parse(closed)).toMatchObject({ unsettled: 0 })
}

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
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  await lines.next()
  await fault()
  // The line may have come before the fault was over.
  const closed = await lines.next()
  expect(await ended).toEqual([0, null])
  expect(JSON.parse(String(closed.value))).toMatchObject({ unsettled: 0 })
}

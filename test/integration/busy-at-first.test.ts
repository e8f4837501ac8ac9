import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect } from 'vitest'
import { at, test } from '../support/caches.js'

test('the first calls of a process are answered, though their caller works for longer than their deadline right after them', async ({
  server,
}) => {
  const child = ['--import', 'tsx', 'test/support/busy-child.ts', at(server)]
  const { stdout } = await promisify(execFile)(process.execPath, child, { timeout: 50_000 })
  expect(stdout).toBe('[null,null]')
})

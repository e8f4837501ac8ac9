import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { steps } from '../../demo/steps/steps.js'

test('what docs/step-by-step.md tells can be measured, with a row for each step', async () => {
  const args = ['--import', 'tsx', 'demo/steps/main.ts', '--well', '0.2', '--killed', '0.2']
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args)
  const rows = stdout.split('\n').filter((line) => /^\| \w+ \| (failed|\d)/.test(line))
  expect(rows.map((row) => row.split(' ')[1])).toEqual(steps.map(({ name }) => name))
  expect(stderr).not.toMatch(/error/i)
})

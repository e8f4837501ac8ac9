import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, show } from './run.mjs'

/** Runs all tests and counts them; a run that fails without a failed test, or leaves tests out, counts as failed too. */
export async function runVitest(name, args, env = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'valkey-cache-tests-'))
  const file = join(folder, 'report.json')
  const startedAt = performance.now()
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
    const status = await show(bin('vitest'), ['run', ...reporters, ...args], env)
    const counts = countTests(file, status)
    const took = ((performance.now() - startedAt) / 1_000).toFixed(1)
    console.log(`${counts.failed === 0 ? 'ok' : 'FAILED'}  ${name}  ${took} s`)
    return counts
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function countTests(file, status) {
  const { numPassedTests: passed = 0, numFailedTests = 0, numPendingTests = 0 } = readReport(file)
  const failed = numFailedTests + (isFiltered ? 0 : numPendingTests)
  return { passed, failed: failed === 0 && status !== 0 ? 1 : failed }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return {}
  }
}

/** Skipped tests are failures, as nothing may be skipped, unless a filter was asked for. */
const isFiltered = process.argv.includes('-t') || process.argv.some((arg) => arg.startsWith('--testNamePattern'))

// `npm test`: makes a fresh clone ready, then checks everything, in order. The last line is `N passed, N failed`.
import { ensure } from './ensure.mjs'
import { isMain } from './support/is-main.mjs'
import { setupJudges } from './setup-judges.mjs'
import { ensurePython } from './setup-python.mjs'
import { longRuns } from './support/long-runs.mjs'
import { capture } from './support/run.mjs'
import { runVitest } from './support/vitest.mjs'

/** The build comes early: examples import the package by its name, so lint and types read dist. */
const checks = [
  ['format', ['npm', 'run', '--silent', 'format:check']],
  ['build', ['npm', 'run', '--silent', 'build']],
  ['lint', ['npm', 'run', '--silent', 'lint']],
  ['types', ['npm', 'run', '--silent', 'types']],
  ['examples', ['node', 'scripts/embed-examples.mjs', '--check']],
  ['layers', ['node', 'scripts/check-layers.mjs']],
  ['package', ['node', 'scripts/check-package.mjs']],
  ['reference', ['npm', 'run', '--silent', 'reference']],
]

/** Checks that are too slow for the usual run. */
const longChecks = [['bundlers', ['node', 'scripts/check-bundlers.mjs']]]

/** Every check counts as one; the tests count one by one. */
async function main(args) {
  const full = args.includes('--full')
  const vitestArgs = args.filter((arg) => arg !== '--full')
  const status = (await ensure({ build: false })) || ((await setupJudges()) ? 0 : 1)
  if (status !== 0) return finish([{ passed: 0, failed: 1 }], status)
  const python = ensurePython()
  const results = [...checks, ...(full ? longChecks : [])].map(([name, command]) => check(name, command))
  results.push(await runVitest('tests', ['--project', '!long-*', ...vitestArgs]))
  if (!python) console.log('not run  tests with Python: it is not here; the setup above says how to get it')
  for (const { name, args, env } of full ? longRuns() : [])
    results.push(await runVitest(name, [...args, ...vitestArgs], env))
  return finish(results, 1)
}

function check(name, [program, ...args]) {
  const startedAt = performance.now()
  const { ok, output } = capture(program, args)
  console.log(`${ok ? 'ok' : 'FAILED'}  ${name}  ${seconds(startedAt)}`)
  if (!ok) console.log(output.trimEnd())
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

function finish(results, failureStatus) {
  const [passed, failed] = ['passed', 'failed'].map((kind) => results.reduce((sum, result) => sum + result[kind], 0))
  console.log(`${passed} passed, ${failed} failed`)
  return failed > 0 ? failureStatus : 0
}

const seconds = (startedAt) => `${((performance.now() - startedAt) / 1_000).toFixed(1)} s`

if (isMain(import.meta)) process.exitCode = await main(process.argv.slice(2))

// Checks that an application with our package works as webpack, rollup and Jest make it; for `npm run test:full`.
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setupBuild } from './support/build.mjs'
import { setupDependencies } from './support/dependencies.mjs'
import { manifest } from './support/manifest.mjs'
import { pack } from './support/pack.mjs'
import { root } from './support/root.mjs'
import { capture } from './support/run.mjs'

const folder = join(root, 'bundlers')
const out = join(folder, 'out')
const tools = [
  ['webpack', ['--config', 'webpack.config.cjs']],
  ['rollup', ['--config', 'rollup.config.mjs', '--silent']],
  ['jest', ['--config', 'jest.config.cjs']],
]

function check() {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out)
  const { tarball, problem } = pack(out)
  if (problem) return [problem]
  unpack(tarball, join(folder, 'node_modules', manifest.name))
  const made = tools.flatMap(([name, args]) => problemsOf(name, join(folder, 'node_modules/.bin', name), args))
  return [...made, ...bundles().flatMap((file) => problemsOf(file, 'node', [join(out, file)], 'it works\n'))]
}

function unpack(tarball, place) {
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place)
  capture('tar', ['-xzf', tarball, '-C', place, '--strip-components=1'])
}

function bundles() {
  return readdirSync(out).filter((file) => /\.[cm]js$/.test(file))
}

function problemsOf(name, program, args, expected) {
  const { ok, stdout, output } = capture(program, args, { cwd: folder })
  return ok && (expected === undefined || stdout === expected) ? [] : [`${name}:\n${output.slice(-2_000)}`]
}

const problems = (await setupBuild()) && (await setupDependencies(folder)) ? check() : ['not set up']
for (const problem of problems) console.error(problem)
console.log(`bundlers: ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

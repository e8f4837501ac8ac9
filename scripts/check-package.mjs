// Checks the package as its users get it: packs dist, lints the tarball, installs it and imports every export.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installedExportProblems } from './support/installed-package.mjs'
import { bin, capture } from './support/run.mjs'

const folder = mkdtempSync(join(tmpdir(), 'valkey-cache-package-'))
try {
  const problems = await check(folder)
  for (const problem of problems) console.error(problem)
  console.log(`package: ${problems.length} problems`)
  process.exitCode = problems.length > 0 ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function check(folder) {
  const packed = capture('npm', [
    'pack',
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    '--pack-destination',
    folder,
  ])
  if (!packed.ok) return [`npm pack failed:\n${packed.output}`]
  const tarball = join(folder, JSON.parse(packed.stdout)[0].filename)
  return [
    ...lint('publint', ['run', tarball, '--strict']),
    ...lint('attw', [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--no-emoji']),
    ...installedExportProblems(folder, tarball),
  ]
}

function lint(program, args) {
  const { ok, output } = capture(bin(program), args)
  return ok ? [] : [`${program}:\n${output.trim()}`]
}

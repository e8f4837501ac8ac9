// Checks the package as its users get it: packs dist, weighs and lints the tarball, installs it, imports every export,
// also in TypeScript, bundles it and follows the links of its pages.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleProblems, linkPeers } from './support/bundled-package.mjs'
import { installedExportProblems, installedProgramProblems, installTarball } from './support/installed-package.mjs'
import { manifest } from './support/manifest.mjs'
import { pack } from './support/pack.mjs'
import { deadLinks } from './support/packed-pages.mjs'
import { bin, capture } from './support/run.mjs'
import { typeProblems } from './support/typed-package.mjs'

/** Unpacked, as npm says it. */
const mostBytes = 1_800_000

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
  const { tarball, unpackedSize, entryCount, problem: notPacked } = pack(folder)
  if (notPacked) return [notPacked]
  console.log(`package: ${unpackedSize} bytes unpacked in ${entryCount} files`)
  const { project, problem } = installTarball(folder, tarball)
  if (problem) return [problem]
  const exportProblems = installedExportProblems(project)
  linkPeers(project)
  return [
    ...(unpackedSize < mostBytes ? [] : [`the package has ${unpackedSize} bytes unpacked, at most ${mostBytes}`]),
    ...lint('publint', ['run', tarball, '--strict']),
    ...lint('attw', [tarball, '--profile', 'node16', '--no-definitely-typed', '--format', 'ascii', '--no-emoji']),
    ...exportProblems,
    ...installedProgramProblems(project),
    ...typeProblems(project),
    ...bundleProblems(project),
    ...deadLinks(join(project, 'node_modules', manifest.name)),
  ]
}

function lint(program, args) {
  const { ok, output } = capture(bin(program), args)
  return ok ? [] : [`${program}:\n${output.trim()}`]
}

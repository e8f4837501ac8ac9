import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { manifest } from './manifest.mjs'
import { root } from './root.mjs'
import { bin, capture } from './run.mjs'

/** Puts the optional packages into a project, which npm leaves out. */
export function linkPeers(project) {
  for (const name of Object.keys(manifest.peerDependencies)) {
    const place = join(project, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), place)
  }
}

/**
 * Bundles an application that uses every optional package, once as CommonJS and once as an ES module, and runs it from
 * the project's folder and from another one. The packages themselves stay outside: they bring binaries.
 */
export function bundleProblems(project) {
  for (const file of ['application.mjs', 'run.mjs']) cpSync(join(root, 'bundlers', file), join(project, file))
  return [
    ['cjs', 'out/application.cjs'],
    ['esm', 'out/application.mjs'],
  ].flatMap(([format, file]) => problemsOf(project, format, file))
}

function problemsOf(project, format, file) {
  const args = ['run.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${file}`]
  const bundled = capture(bin('esbuild'), [...args, '--log-level=warning'], { cwd: project })
  if (!bundled.ok || bundled.output !== '') return [`esbuild --format=${format}:\n${bundled.output.trim()}`]
  return [project, root].flatMap((cwd) => {
    const { ok, stdout, output } = capture('node', [join(project, file)], { cwd })
    return ok && stdout === 'it works\n' ? [] : [`${file} in ${cwd}:\n${output.trim()}`]
  })
}

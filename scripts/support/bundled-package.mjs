import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { manifest } from './manifest.mjs'
import { root } from './root.mjs'
import { bin, capture } from './run.mjs'

/**
 * Bundles an application that uses every optional package, once as CommonJS and once as an ES module, and runs it from
 * the project's folder and from another one. The packages themselves stay outside: they bring binaries.
 */
export function bundleProblems(project) {
  for (const name of Object.keys(manifest.peerDependencies)) link(name, project)
  writeFileSync(join(project, 'application.mjs'), application)
  return [
    ['cjs', 'out/application.cjs'],
    ['esm', 'out/application.mjs'],
  ].flatMap(([format, file]) => problemsOf(project, format, file))
}

function problemsOf(project, format, file) {
  const args = ['application.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${file}`]
  const bundled = capture(bin('esbuild'), [...args, '--log-level=warning'], { cwd: project })
  if (!bundled.ok || bundled.output !== '') return [`esbuild --format=${format}:\n${bundled.output.trim()}`]
  return [project, root].flatMap((cwd) => {
    const { ok, stdout, output } = capture('node', [join(project, file)], { cwd })
    return ok && stdout === 'bundled\n' ? [] : [`${file} in ${cwd}:\n${output.trim()}`]
  })
}

function link(name, project) {
  const place = join(project, 'node_modules', name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), place)
}

/** A value through each optional compressor that writes, and the readers made. */
export const application = `
  import { createCaches } from '${manifest.name}'
  const options = { compressMinLength: 0, decoders: ['bz2', 'xz'] }
  async function main() {
    const caches = createCaches({ lz4: { ...options, compressor: 'lz4' }, zstd: { ...options, compressor: 'zstd' } })
    for (const cache of [caches.lz4, caches.zstd]) {
      await cache.set('k', 'v'.repeat(100))
      if ((await cache.get('k')) !== 'v'.repeat(100)) throw new Error('another value')
    }
    await caches.close()
    console.log('bundled')
  }
  main().catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
`

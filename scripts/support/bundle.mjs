import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { entries } from './manifest.mjs'
import { root } from './root.mjs'

/**
 * Bundles each entry of package.json into one file under `dist`, and once more as CommonJS under `dist/cjs`.
 * Code that several entries share goes into chunks, so that a class is the same object whichever entry it came from.
 */
export async function bundleEntries(modules, dist) {
  const entryPoints = entries.map(({ module }) => join(modules, module.replace('./dist/', '')))
  await convert(await bundle(entryPoints, modules, dist), dist)
}

/** @returns the paths of all files that were written */
async function bundle(entryPoints, modules, dist) {
  const { metafile } = await build({
    ...common,
    entryPoints,
    bundle: true,
    splitting: true,
    format: 'esm',
    packages: 'external',
    outbase: modules,
    outdir: dist,
    chunkNames: 'chunks/[hash]',
    metafile: true,
  })
  return Object.keys(metafile.outputs).map((file) => join(root, file))
}

/** esbuild splits ES modules only, so each bundled file is converted by itself; CommonJS has no import.meta either. */
async function convert(files, dist) {
  await build({
    ...common,
    entryPoints: files,
    format: 'cjs',
    outbase: dist,
    outdir: join(dist, 'cjs'),
    define: { 'import.meta.url': 'undefined' },
  })
  writeFileSync(join(dist, 'cjs/package.json'), '{ "type": "commonjs" }\n')
}

const common = { absWorkingDir: root, platform: 'node', target: 'node20.19', logLevel: 'warning' }

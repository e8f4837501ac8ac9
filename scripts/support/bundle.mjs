import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { entries, manifest } from './manifest.mjs'
import { minify } from './minify.mjs'
import { root } from './root.mjs'

/**
 * Bundles each entry of package.json into one file under `dist`, and once more as CommonJS under `dist/cjs`.
 * Code that several entries share goes into chunks, so that a class is the same object whichever entry it came from.
 * Adapters and exports of numbers are bundled by themselves, for each entry more may divide the chunks of the root: what
 * they need of other layers is small and is in their chunks again, but for the classes of errors, which they import from
 * the root.
 */
export async function bundleEntries(modules, dist) {
  const isAdapter = ({ module }) => /^\.\/dist\/(?:adapters|export)\//.test(module)
  const entryPoints = (some) => some.map(({ module }) => join(modules, module.replace('./dist/', '')))
  const others = await bundle(entryPoints(entries.filter((entry) => !isAdapter(entry))), modules, dist)
  const adapters = await bundle(entryPoints(entries.filter(isAdapter)), modules, dist, [errorsOfRoot(modules)])
  await convert([...others, ...adapters], dist)
}

/** @returns the paths of all files that were written */
async function bundle(entryPoints, modules, dist, plugins = []) {
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
    plugins,
  })
  return outputs(metafile)
}

function errorsOfRoot(modules) {
  return {
    name: 'errors of the root',
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/errors\.js$/ }, ({ path, resolveDir }) =>
        join(resolveDir, path) === join(modules, 'errors.js') ? { path: manifest.name, external: true } : undefined,
      ),
  }
}

/** esbuild splits ES modules only, so each bundled file is converted by itself; CommonJS has no import.meta either. */
async function convert(files, dist) {
  const folder = join(dist, 'cjs')
  const { metafile } = await build({
    ...common,
    entryPoints: files,
    format: 'cjs',
    outbase: dist,
    outdir: folder,
    define: { 'import.meta.url': 'undefined' },
    metafile: true,
  })
  for (const file of files) minifyFile(file, 'esm')
  for (const file of outputs(metafile)) minifyFile(file, 'cjs')
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
}

function minifyFile(file, format) {
  writeFileSync(file, minify(withOwnNames(readFileSync(file, 'utf8')), { format }))
}

/** esbuild names a class that refers to itself `_Name`: then so do traces, and whoever looks at an object. */
function withOwnNames(code) {
  const names = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name)
  return names.reduce((renamed, name) => renamed.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name), code)
}

const outputs = ({ outputs: files }) => Object.keys(files).map((file) => join(root, file))

const common = { absWorkingDir: root, platform: 'node', target: 'node20.19', logLevel: 'warning' }

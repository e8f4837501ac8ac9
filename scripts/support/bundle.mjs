import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { build } from 'esbuild'
import { asCommonJs } from './common-js.mjs'
import { entries, manifest, programs } from './manifest.mjs'
import { minify } from './minify.mjs'
import { withoutPageTexts } from './page-texts.mjs'
import { root } from './root.mjs'

/**
 * Bundles each entry of package.json and each program into one file under `dist`, and the entries once more as CommonJS
 * under `dist/cjs`. Code that several of them share goes into chunks, so that a class is the same object whichever entry
 * it came from. Adapters and exports of numbers are bundled by themselves, for each entry more may divide the chunks of
 * the root: what they need of other layers is small and is in their chunks again, but for the classes of errors, which
 * they import from the root.
 */
export async function bundleEntries(modules, dist) {
  const isAdapter = ({ module }) => /^\.\/dist\/(?:adapters|export)\//.test(module)
  const modulesOf = (some) => some.map(({ module }) => module)
  const entryPoints = (files) => files.map((file) => join(modules, file.replace('./dist/', '')))
  const others = modulesOf(entries.filter((entry) => !isAdapter(entry)))
  const core = await bundle(entryPoints([...others, ...programs]), modules, dist, [withoutPageTexts(modules)])
  const adapters = await bundle(entryPoints(modulesOf(entries.filter(isAdapter))), modules, dist, [
    errorsOfRoot(modules),
  ])
  const importable = new Set(others.flatMap((file) => [...reached(file.replace('./', ''), core)]))
  convert([...importable, ...Object.keys(adapters)], dist)
  for (const file of paths(Object.keys({ ...core, ...adapters }))) minifyFile(file, file, 'esm')
}

/** @returns what was written, by path */
async function bundle(entryPoints, modules, dist, plugins) {
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
  return metafile.outputs
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

/** A file and what it imports, chunks of chunks included. */
function reached(file, outputs, found = new Set()) {
  if (found.has(file)) return found
  found.add(file)
  for (const { path, external } of outputs[file].imports) if (!external) reached(path, outputs, found)
  return found
}

/** esbuild splits ES modules only, so each bundled file is converted by itself. */
function convert(files, dist) {
  const folder = join(dist, 'cjs')
  for (const file of paths(files)) minifyFile(file, join(folder, relative(dist, file)), 'cjs')
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
}

function minifyFile(file, target, format) {
  const code = withOwnNames(readFileSync(file, 'utf8'))
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, minify(format === 'cjs' ? asCommonJs(code) : code, { format }))
}

/** esbuild names a class that refers to itself `_Name`: then so do traces, and whoever looks at an object. */
function withOwnNames(code) {
  const names = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name]) => name)
  return names.reduce((renamed, name) => renamed.replaceAll(new RegExp(`\\b_${name}\\b`, 'g'), name), code)
}

const paths = (files) => files.map((file) => join(root, file))

const common = { absWorkingDir: root, platform: 'node', target: 'node20.19', logLevel: 'warning' }

// `npm run build`: compiles src into build/ (one module a file, for benchmarks of inner parts) and makes dist/, which
// is shipped: one file for each entry of package.json, ES modules and CommonJS, made small, and the declarations of
// what they export.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleEntries } from './support/bundle.mjs'
import { writeDeclarations } from './support/declarations/write.mjs'
import { root } from './support/root.mjs'
import { bin, show } from './support/run.mjs'

const [modules, dist] = [join(root, 'build'), join(root, 'dist')]

for (const folder of [modules, dist]) rmSync(folder, { recursive: true, force: true })
process.exitCode = await show(bin('tsc'), ['-p', 'tsconfig.build.json'])
if (process.exitCode === 0) {
  await bundleEntries(modules, dist)
  writeDeclarations(modules, dist)
}

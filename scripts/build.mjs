// `npm run build`: compiles src into build/ (one module a file, for benchmarks of inner parts) and makes dist/, which is
// shipped: one file for each entry of package.json, ES modules and CommonJS, with the declarations beside them.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundleEntries } from './support/bundle.mjs'
import { root } from './support/root.mjs'
import { bin, show } from './support/run.mjs'

const [modules, dist] = [join(root, 'build'), join(root, 'dist')]

for (const folder of [modules, dist]) rmSync(folder, { recursive: true, force: true })
process.exitCode = await show(bin('tsc'), ['-p', 'tsconfig.build.json'])
if (process.exitCode === 0) {
  await bundleEntries(modules, dist)
  for (const folder of [dist, join(dist, 'cjs')])
    cpSync(modules, folder, { recursive: true, filter: (path) => !path.endsWith('.js') })
}

// Checks that imports in src point one way and that clock, processes and old words stay where they belong.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { layerProblems } from './support/layers.mjs'
import { root } from './support/root.mjs'
import { sourceFiles } from './support/source-files.mjs'

const { dependencies = {}, peerDependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const files = sourceFiles(join(root, 'src'))
const problems = layerProblems(files, Object.keys({ ...dependencies, ...peerDependencies }))

for (const { path, line, problem } of problems) console.error(`src/${path}:${line}: ${problem}`)
console.log(`layers: ${files.length} files, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0

// `npm run reference`: writes the reference of everything that is exported, from its doc comments, into reference/html.
// A warning fails it. It has a typescript of its own: typedoc needs an API that typescript 7 does not have.
import { join } from 'node:path'
import { setupDependencies } from './support/dependencies.mjs'
import { root } from './support/root.mjs'
import { show } from './support/run.mjs'

const folder = join(root, 'reference')
const typedoc = [join(folder, 'node_modules/typedoc/bin/typedoc'), '--options', folder]

const ready = (await setupDependencies()) && (await setupDependencies(folder))
process.exitCode = ready ? await show('node', typedoc) : 1

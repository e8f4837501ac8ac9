// Removes what the build makes.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './support/root.mjs'

rmSync(join(root, 'dist'), { recursive: true, force: true })

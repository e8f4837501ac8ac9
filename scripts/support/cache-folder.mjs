import { join } from 'node:path'
import { root } from './root.mjs'

/** Where set-up keeps what it unpacked for the long tests; `npm ci` empties it. */
export const cacheFolder = join(root, 'node_modules/.cache/valkey-cache')

import { argv, stdout } from 'node:process'
import { createCaches } from '../../src/index.js'

const patience = 2_000

// The first call of this process, and its caller goes on working.
const { cache, close } = createCaches({
  cache: { location: argv[2], connectTimeout: patience, readDeadline: patience },
})
const value = cache.get('k')
const end = performance.now() + patience + 200
while (performance.now() < end);
stdout.write(String(await value))
await close()

import { createCaches } from '../../src/index.js'

const [, , location = ''] = process.argv
const patience = 2_000

// The first calls of this process, and their caller goes on working.
const { cache, close } = createCaches({
  cache: { location, connectTimeout: patience, readDeadline: patience },
})
const answers = Promise.all([cache.get('k'), cache.command(['BLPOP', 'queue', '0.01'], { deadline: patience })])
const end = performance.now() + patience + 200
while (performance.now() < end);
process.stdout.write(JSON.stringify(await answers))
await close()

import { createCaches } from '../../src/index.js'

/** A program that uses caches and ends them in the way that its arguments say; then it has nothing more to do. */
const [, , location = '', ending = ''] = process.argv

async function main(): Promise<void> {
  if (ending === 'failed') return failAndClose()
  const caches = createCaches({ cache: { location }, list: { location: [location, location] }, local: {} })
  if (ending === 'unused') return
  await caches.ready()
  await Promise.all([caches.cache.set('k', 1), caches.list.get('k'), caches.local.set('k', 1, { ttl: '1h' })])
  if (ending === 'close') await caches.close()
  if (ending === 'dispose') await caches[Symbol.asyncDispose]()
  if (ending === 'destroy') for (const name of ['cache', 'list', 'local'] as const) caches[name].destroy()
}

/** Nobody listens on the port of a server that is not there. */
async function failAndClose(): Promise<void> {
  const caches = createCaches({
    gone: { location: ['valkey://127.0.0.1:1', 'valkey://127.0.0.1:1'], readDeadline: 50 },
  })
  await caches.gone.get('k').catch(() => {})
  await caches.close()
  process.exitCode = 0
}

await main()
const took = performance.now()
process.stdout.write(`${ending}\n`)
// What it takes to start and to work says how busy the machine is: what would keep the process alive lasts longer.
process.on('exit', () => process.stdout.write(performance.now() - took < took ? 'ended at once\n' : 'ended late\n'))

import { test as base } from 'vitest'
import { createCaches, type Cache, type CacheOptions, type Caches } from '../../src/index.js'
import { startLab, type LabGroup, type LabServer } from '../../src/lab/index.js'

/** Makes caches that are closed with the test. */
export type MakeCaches = <const Name extends string>(
  caches: Readonly<Record<Name, CacheOptions>>,
  shared?: CacheOptions,
) => Caches<Name>

/** Tests with real servers: a lab and a plain server for the file, caches that end with the test. */
export const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('lab', { scope: 'file' }, async ({}, { onCleanup }) => {
    const lab = await startLab()
    onCleanup(() => lab.stop())
    return lab
  })
  .extend('plain', { scope: 'file' }, ({ lab }) => lab.server())
  /** Empty, and shared with the other tests of the file. */
  .extend('server', async ({ plain }) => {
    await plain.command('FLUSHALL')
    return plain
  })
  /** For tests that pause, kill or configure it. */
  .extend('ownServer', async ({ lab }, { onCleanup }) => {
    const server = await lab.server()
    onCleanup(() => server.kill())
    return server
  })
  /** For tests that cut the way to it. */
  .extend('far', async ({ lab }, { onCleanup }) => {
    const server = await lab.server({ proxied: true })
    onCleanup(() => server.kill())
    return server
  })
  // oxlint-disable-next-line no-empty-pattern -- as above
  .extend('make', ({}, { onCleanup }) => {
    const made: Caches<string>[] = []
    onCleanup(async () => void (await Promise.all(made.map((caches) => caches.close()))))
    const make: MakeCaches = (caches, shared) => {
      const all = createCaches(caches, shared)
      made.push(all)
      return all
    }
    return make
  })
  .extend('cache', ({ server, make }): Cache => make({ cache: { location: at(server) } }).cache)

/** What leads a cache of client 'sentinel' to a group. */
export function under({ location, sentinelAddresses: sentinels }: LabGroup, options: CacheOptions = {}): CacheOptions {
  return { location, client: 'sentinel', sentinels, ...options }
}

/** Of caches whose readers are counted: a read that takes long on a busy machine asks no other node as well. */
export const unhedged = { attemptTimeout: '10s' } as const

/** A server's location. */
export function at({ address }: LabServer, database = 0): string {
  return `valkey://${address}/${database}`
}

/** How often a server ran a command, as INFO commandstats counts. */
export async function callsOf(server: LabServer, command: string): Promise<number> {
  const stats = String(await server.command('INFO', 'commandstats'))
  return Number(new RegExp(`^cmdstat_${command}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0)
}

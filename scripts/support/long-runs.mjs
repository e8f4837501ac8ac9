import { delimiter } from 'node:path'
import { ensureDjangoValkey } from '../setup-django-valkey.mjs'
import { ensureNodes } from '../setup-nodes.mjs'
import { ensureRuntimes } from '../setup-runtimes.mjs'
import { ensureServers } from '../setup-servers.mjs'
import { ensureRedis } from '../setup-valkey.mjs'
import { endurance } from './endurance.mjs'

/**
 * What `npm run test:full` runs beyond `npm test`: medians, the soak, half an hour of chaos, a herd of 50 caches, one
 * of 500 on a cluster, many interleavings, a million keys read through a near cache, near caches while primaries are
 * replaced in every way, a million entries of one tag, an outage of half a minute, every fault nine times more,
 * everything with a server on each other server that we support, what depends on Node on each other Node, from Node 22
 * on with the newest majors of frameworks, the examples on Bun and Deno, and data shared with django-valkey itself.
 * Sets up what it needs.
 * @returns runs of tests: `name`, `args` of Vitest, `env`
 */
export function longRuns() {
  ensureRedis()
  return [
    { name: 'medians of ten runs', args: projects('long-median') },
    endurance.soak,
    endurance.chaos,
    {
      name: 'a herd of 50 caches',
      args: [...projects('fault'), 'test/fault/herd.test.ts'],
      env: { VALKEY_CACHE_HERD: '50' },
    },
    {
      name: 'a herd of 500 caches on a cluster',
      args: [...projects('fault'), 'test/fault/cluster-herd.test.ts'],
      env: { VALKEY_CACHE_CLUSTER_HERD: '500' },
    },
    {
      name: '10,000 interleavings of loads, writes and deletes',
      args: [...projects('integration'), 'test/integration/load-interleavings.test.ts'],
      env: { VALKEY_CACHE_INTERLEAVINGS: '10000' },
    },
    {
      name: 'an outage of 30 seconds',
      args: [...projects('fault'), 'test/fault/recovery.test.ts'],
      env: { VALKEY_CACHE_OUTAGE: '30' },
    },
    {
      name: '10,000 interleavings of loads, writes, deletes and invalidations',
      args: [...projects('integration'), 'test/integration/tag-interleavings.test.ts'],
      env: { VALKEY_CACHE_INTERLEAVINGS: '10000' },
    },
    {
      name: 'a million keys read through a near cache of 1,000',
      args: [...projects('integration'), 'test/integration/near-many.test.ts'],
      env: { VALKEY_CACHE_NEAR_KEYS: '1000000' },
    },
    {
      name: 'what near caches read while primaries are replaced in every way',
      args: [...projects('fault'), 'test/fault/near-staleness.test.ts'],
      env: { VALKEY_CACHE_NEAR_REPLACED: 'pause,kill,planned' },
    },
    {
      name: 'a million entries of one tag',
      args: [...projects('integration'), 'test/integration/tags-many.test.ts'],
      env: { VALKEY_CACHE_TAGGED: '1000000' },
    },
    ...Array.from({ length: 9 }, (_, run) => ({ name: `faults, run ${run + 2} of 10`, args: projects(...faults) })),
    { name: 'tests on Redis', args: projects(...withServers, 'long-median'), env: { VALKEY_CACHE_LAB: 'redis' } },
    ...ensureServers().map(({ version, path }) => ({
      name: `tests on Valkey ${version}`,
      args: projects(...withServers, ...(major(version) >= 9 ? ['long-newest'] : [])),
      env: { ...first(path), VALKEY_CACHE_LAB: 'valkey' },
    })),
    ...ensureNodes().flatMap(({ version, path }) => [
      { name: `tests on Node ${version}`, args: projects(...withoutServers(version)), env: first(path) },
      { name: `examples on Node ${version}`, args: examples, env: first(path) },
    ]),
    ...ensureRuntimes().map(({ name, version, path }) => ({
      name: `examples on ${name} ${version}`,
      args: examples,
      env: { ...first(path), VALKEY_CACHE_RUNTIME: name },
    })),
    ...ensureDjangoValkey().map(({ version, program }) => ({
      name: `tests with django-valkey ${version}`,
      args: [...projects('interop'), 'test/interop/herd.test.ts', 'test/interop/shard.test.ts'],
      env: { VALKEY_CACHE_PYTHON: program },
    })),
  ]
}

const faults = ['fault', 'fault-beside-others']
const withoutServers = (version) => ['unit', 'conformance', 'judges', ...(major(version) >= 22 ? ['long-judges'] : [])]
const withServers = ['conformance', 'integration', ...faults]
const major = (version) => Number.parseInt(version.replace('v', ''))
const projects = (...names) => names.flatMap((name) => ['--project', name])
const examples = [...projects('integration'), 'test/integration/examples.test.ts']
const first = (path) => ({ PATH: `${path}${delimiter}${process.env.PATH}` })

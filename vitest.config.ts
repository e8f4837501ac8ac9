import { defineConfig } from 'vitest/config'

/** Python is not everywhere; where it lacks something, scripts/test.mjs says that the tests with it are not run. */
const script = new URL('scripts/support/python.mjs', import.meta.url).href
const { missingPythonPackages } = (await import(script)) as { missingPythonPackages: () => string[] }
const hasPython = missingPythonPackages().length === 0

/** `expect.poll` gives up with the test, not after its usual second, which a busy machine may take. */
const patient = { testTimeout: 60_000, expect: { poll: { timeout: 50_000 } } }
/** With real servers. */
const served = { testTimeout: 60_000, hookTimeout: 60_000 }
/** Frameworks that live in judges/node_modules beside an older major: these need Node 22. */
const newestMajors = { 'connect-redis': 'connect-redis-10', 'react-router': 'react-router-8', redis: 'redis-6' }
/** Where timing is judged, nothing else runs: the servers need the cores. */
const alone = { ...served, maxWorkers: 1, sequence: { groupOrder: 1 } }

export default defineConfig({
  test: {
    retry: 0,
    maxWorkers: 2,
    allowOnly: false,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], ...patient } },
      { test: { name: 'conformance', include: ['test/conformance/**/*.test.ts'], ...patient } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...served } },
      { test: { name: 'judges', include: ['judges/*.test.ts'], ...served } },
      {
        resolve: { alias: newestMajors },
        test: { name: 'long-judges', include: ['judges/{connect-redis,react-router}.test.ts'], ...served },
      },
      { test: { name: 'long-median', include: ['test/median/**/*.test.ts'], ...alone } },
      { test: { name: 'long-soak', include: ['test/soak/**/*.test.ts'], ...alone } },
      { test: { name: 'long-newest', include: ['test/newest/**/*.test.ts'], ...alone } },
      ...(hasPython ? [{ test: { name: 'interop', include: ['test/interop/**/*.test.ts'], ...served } }] : []),
      { test: { name: 'fault', include: ['test/fault/*.test.ts'], ...alone } },
      // Those that judge what happens and not how long it takes, or allow seconds.
      { test: { name: 'fault-beside-others', include: ['test/fault/beside-others/*.test.ts'], ...served } },
      {
        test: {
          name: 'types',
          include: [],
          typecheck: { enabled: true, only: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
    ],
  },
})

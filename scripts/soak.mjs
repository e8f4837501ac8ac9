// `npm run soak`: 50 failovers of mixed kinds under load in one run, ten minutes at most.
import { isMain } from './support/is-main.mjs'
import { runVitest } from './support/vitest.mjs'

/** The soak as one of the runs of `npm run test:full`. */
export const soak = {
  name: 'soak: 50 failovers',
  args: ['--project', 'fault', 'test/fault/soak.test.ts'],
  env: { VALKEY_CACHE_SOAK: '50' },
}

if (isMain(import.meta)) {
  const { failed } = await runVitest(soak.name, soak.args, soak.env)
  process.exitCode = failed > 0 ? 1 : 0
}

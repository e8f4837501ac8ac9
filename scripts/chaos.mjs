// `npm run chaos`: half an hour of random faults on one group under load, with a checker.
// The environment's VALKEY_CACHE_CHAOS_SEED plays the faults of an earlier run again.
import { isMain } from './support/is-main.mjs'
import { runVitest } from './support/vitest.mjs'

/** Half an hour of it as one of the runs of `npm run test:full`. */
export const chaos = {
  name: 'chaos: half an hour',
  args: ['--project', 'fault', 'test/fault/chaos.test.ts'],
  env: { VALKEY_CACHE_CHAOS: '1800' },
}

if (isMain(import.meta)) {
  const { failed } = await runVitest(chaos.name, chaos.args, chaos.env)
  process.exitCode = failed > 0 ? 1 : 0
}

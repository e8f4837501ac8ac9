// `npm run soak`: 50 failovers of mixed kinds under load in one run, ten minutes at most, and 20 of a cluster.
// `npm run chaos`: half an hour of random faults on one group under load, with a checker. The environment's
// VALKEY_CACHE_CHAOS_SEED plays the faults of an earlier run again.
import { endurance } from './support/endurance.mjs'
import { runVitest } from './support/vitest.mjs'

const { name, args, env } = endurance[process.argv[2]]
const { failed } = await runVitest(name, args, env)
process.exitCode = failed > 0 ? 1 : 0

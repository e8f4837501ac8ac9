/** Two runs that take long, by the names of the npm scripts that start them alone: `name`, `args` of Vitest, `env`. */
export const endurance = {
  soak: { name: 'soak: 50 failovers, and 20 of a cluster', args: ['--project', 'long-soak'], env: {} },
  chaos: {
    name: 'chaos: half an hour',
    args: ['--project', 'fault', 'test/fault/chaos.test.ts'],
    env: { VALKEY_CACHE_CHAOS: '1800' },
  },
}

// What goes wrong. Units: ms, and writes per second of each contestant.

const all = (servers, act) => Promise.all(servers.map(act))
const usual = { downAfter: 1_000, writes: 100, lasts: 10_000 }

export const faults = [
  { ...usual, name: 'kill', title: 'primary killed', strike: ({ primary }) => primary.kill() },
  { ...usual, name: 'freeze', title: 'primary frozen', strike: ({ primary }) => primary.pause() },
  {
    name: 'planned',
    title: '`SENTINEL FAILOVER`, 1,000 writes/s',
    downAfter: 3_000,
    writes: 1_000,
    // Sentinel leaves the old primary as it is for ten seconds.
    lasts: 13_000,
    strike: ({ group }) => group.failover(),
  },
  {
    ...usual,
    name: 'first-sentinel',
    title: 'first sentinel frozen, then primary killed',
    strike: ({ group, primary }) => {
      group.sentinels[0].pause()
      return primary.kill()
    },
  },
  {
    ...usual,
    name: 'replicas-killed',
    title: 'all replicas killed',
    strike: ({ replicas }) => all(replicas, (replica) => replica.kill()),
  },
  {
    ...usual,
    name: 'replicas-frozen',
    title: 'all replicas frozen',
    strike: ({ replicas }) => all(replicas, (replica) => replica.pause()),
  },
  {
    ...usual,
    name: 'sentinels-killed',
    title: 'all sentinels killed',
    strike: ({ group }) => all(group.sentinels, (sentinel) => sentinel.kill()),
  },
]

// Three servers as shards of one cache, against what one would do without that: a cache for each, or all on one.
const ours = { name: 'a cache on three shards', module: 'our-cache', options: { on: 'shards' } }
const alone = { name: 'the same on one server', module: 'our-cache' }

const inTurn = { name: 'three caches, asked one after the other', module: 'our-caches-in-turn' }

export const shard = [
  {
    title: 'Shards that are 1 ms away: getMany of 100 × 100 B, 1 in flight',
    operation: 'getMany',
    payload: '100 B',
    inFlight: 1,
    shards: true,
    far: true,
    contestants: [ours, { ...inTurn, atLeast: 2 }],
  },
  {
    title: 'Shards on loopback: getMany of 100 × 100 B, 1 in flight',
    operation: 'getMany',
    payload: '100 B',
    inFlight: 1,
    shards: true,
    contestants: [ours, inTurn, alone],
  },
  {
    title: 'Shards: get 1 KiB JSON, 256 in flight',
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight: 256,
    shards: true,
    contestants: [ours, { ...alone, atLeast: 0.9 }],
  },
]

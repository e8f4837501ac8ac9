// One connection with one caller, who asks for a hundred values at once.
const contestants = [
  { name: 'our connection, deadlines on', module: 'our-connection' },
  { name: 'a bare socket loop', module: 'bare-loop', atLeast: 0.9 },
  { name: '@redis/client, timeout off', module: 'redis-client', options: { timeout: 'off' }, atLeast: 1.1 },
]

export const rawMany = [
  { title: 'MGET of 100 × 1 KiB, 1 in flight', operation: 'getMany', payload: '1 KiB', inFlight: 1, contestants },
]

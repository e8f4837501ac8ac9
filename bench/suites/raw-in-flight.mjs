// One connection with 256 callers: what a busy process sees.
const contestants = [
  { name: 'our connection, deadlines on', module: 'our-connection' },
  { name: 'a bare socket loop', module: 'bare-loop', atLeast: 0.85 },
  { name: '@redis/client, timeout off', module: 'redis-client', options: { timeout: 'off' }, atLeast: 1.5 },
  { name: '@redis/client, as it comes', module: 'redis-client' },
  { name: 'iovalkey', module: 'iovalkey', atLeast: 3 },
]

export const rawInFlight = ['100 B', '1 KiB'].flatMap((payload) =>
  ['get', 'set'].map((operation) => {
    const title = `${operation.toUpperCase()} ${payload}, 256 in flight`
    return { title, operation, payload, inFlight: 256, contestants }
  }),
)

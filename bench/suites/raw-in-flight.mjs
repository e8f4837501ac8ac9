// One connection with 256 callers: what a busy process sees.
export const rawInFlight = [
  row('get', '100 B', 0.85),
  row('set', '100 B', 0.9),
  row('get', '1 KiB', 0.9),
  row('set', '1 KiB', 0.9),
]

function row(operation, payload, ofBareLoop) {
  return {
    title: `${operation.toUpperCase()} ${payload}, 256 in flight`,
    operation,
    payload,
    inFlight: 256,
    contestants: [
      { name: 'our connection, deadlines on', module: 'our-connection' },
      { name: 'a bare socket loop', module: 'bare-loop', atLeast: ofBareLoop },
      { name: '@redis/client, timeout off', module: 'redis-client', options: { timeout: 'off' }, atLeast: 2 },
      { name: '@redis/client, as it comes', module: 'redis-client' },
      { name: 'iovalkey', module: 'iovalkey', atLeast: 3 },
    ],
  }
}

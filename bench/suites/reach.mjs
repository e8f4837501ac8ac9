// The ways to a server beside plain TCP.
const ours = { module: 'our-connection' }
const redis = { module: 'redis-client' }

export const reach = [
  row('unix socket', 'unix', [
    { ...ours, name: 'our connection over TCP', atLeast: 1 },
    { ...redis, name: '@redis/client, timeout off', options: { timeout: 'off', way: 'unix' } },
  ]),
  row('TLS', 'tls', [
    { ...redis, name: '@redis/client, timeout off', options: { timeout: 'off', way: 'tls' }, atLeast: 1.5 },
    { ...ours, name: 'our connection over TCP' },
  ]),
]

function row(name, way, others) {
  return {
    title: `${name}: GET 100 B, 256 in flight`,
    operation: 'get',
    payload: '100 B',
    inFlight: 256,
    ways: true,
    repeat: 2,
    contestants: [{ ...ours, name: `our connection over ${name}`, options: { way } }, ...others],
  }
}

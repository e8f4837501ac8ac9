// A cache with 200,000 small keys: loading them, reading them, walking over them. Keys are counted, not calls.
const contestants = [
  { name: 'our cache, deadlines on', module: 'our-cache' },
  { name: '@redis/client, timeout off', module: 'redis-client', options: { timeout: 'off' }, atLeast: 1.2 },
]

export const manyKeys = [
  row('setMany, 5,000 each', 'setMany of thousands'),
  row('getMany, 5,000 each', 'getMany of thousands'),
  row('iterKeys', 'iterKeys'),
]

function row(what, operation) {
  return { title: `200,000 keys: ${what}`, operation, payload: 'small texts', inFlight: 1, contestants }
}

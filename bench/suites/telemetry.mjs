// What it costs that a cache tells and counts what it does. Ours stands there twice: the ratio of the two is the spread of a run.
export const telemetry = [
  row('that nobody listens to', 64, {}, { atLeast: 0.95 }),
  row('of which somebody listens to every channel', 64, { told: 'channels' }),
  row('with the metrics of OpenTelemetry', 64, { told: 'metrics', atLeast: 0.87 }),
  row('with the metrics and spans of OpenTelemetry', 64, { told: 'spans' }),
  row('with the metrics and spans of OpenTelemetry', 1, { told: 'spans', atLeast: 0.87 }),
]

/** `--before` puts the build before telemetry beside the first row: that is what counting costs. */
function row(what, inFlight, { told, atLeast }, before = { options: {} }) {
  const plain = { name: 'cache.get', module: 'our-cache' }
  const ours = { ...plain, name: `cache.get, ${told ?? 'nobody listens'}`, options: { told }, before }
  return {
    title: `get 1 KiB JSON ${what}, ${inFlight} in flight`,
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight,
    repeat: 3,
    contestants: [ours, { ...plain, atLeast }, { ...plain, name: 'cache.get, the same again' }],
  }
}

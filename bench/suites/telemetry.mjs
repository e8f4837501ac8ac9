// What it costs that a cache tells and counts what it does. Ours stands there twice: the ratio of the two is the spread
// of a run.

/** OpenTelemetry itself takes longer for two spans than a read does: so what is bounded is what ours adds to that. */
const byHand = { name: 'the same spans by hand', module: 'our-cache', options: { told: 'by hand' }, atLeast: 0.87 }

export const telemetry = [
  row('that nobody listens to', 64, {}, { atLeast: 0.95 }),
  row('of which somebody listens to every channel', 64, { told: 'channels' }),
  row('with the metrics of OpenTelemetry', 64, { told: 'metrics', atLeast: 0.87 }),
  row('with the metrics and spans of OpenTelemetry', 64, { told: 'spans', beside: byHand }),
  row('with the metrics and spans of OpenTelemetry', 1, { told: 'spans', beside: byHand }),
]

/** `--before` puts the build before telemetry beside the first row: that is what counting costs. */
function row(what, inFlight, { told, atLeast, beside }, before = { options: {} }) {
  const plain = { name: 'cache.get', module: 'our-cache' }
  const ours = { ...plain, name: `cache.get, ${told ?? 'nobody listens'}`, options: { told }, before }
  return {
    title: `get 1 KiB JSON ${what}, ${inFlight} in flight`,
    operation: 'get',
    payload: '1 KiB JSON',
    inFlight,
    repeat: 3,
    contestants: [
      ours,
      ...(beside ? [beside] : []),
      { ...plain, atLeast },
      { ...plain, name: 'cache.get, the same again' },
    ],
  }
}

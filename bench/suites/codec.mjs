// What a value costs on its way in and out, without a server: on top of JSON, or instead of it.
const contestants = [
  { name: 'our codec, JSON', module: 'our-codec' },
  { name: 'JSON.stringify and JSON.parse', module: 'plain-json', atLeast: 0.8 },
  { name: 'our codec, MessagePack', module: 'our-codec', options: { serializer: 'msgpack' } },
  { name: 'our codec, JSON in frames', module: 'our-codec', options: { format: 'framed' } },
]

export const codec = [
  { title: 'encode and decode 100 × 1 KiB JSON', operation: 'codec', payload: '1 KiB JSON', inFlight: 1, contestants },
]

// One connection with one caller: the round trip, and what the client adds to it.
const contestants = [
  { name: 'our connection, deadlines on', module: 'our-connection' },
  { name: 'iovalkey', module: 'iovalkey', atLeast: 1 },
]

export const rawOneByOne = ['100 B', '1 KiB'].flatMap((payload) =>
  ['get', 'set'].map((operation) => {
    const title = `${operation.toUpperCase()} ${payload}, 1 in flight`
    return { title, operation, payload, inFlight: 1, contestants }
  }),
)

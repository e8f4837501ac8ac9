// What is stored. Every value differs from its neighbours, so that a reply that goes to the wrong caller is seen.

/**
 * Entries by name of the payload; `same` is the check that costs next to nothing, run on every read: it looks at
 * `mark`, which stands in the entry itself, so that values that are written once need not come to the processor again.
 */
export const payloads = {
  '100 B': () => texts(100),
  '1 KiB': () => texts(1_024),
  '1 KiB JSON': () => objects(),
  '10,000 × 1 KiB JSON': () => objects(10_000),
  sessions: () => entries(session, (read, { mark }) => read.account.id === mark),
  'small texts': () => texts(20, 200_000),
}

/** Of most payloads. */
const usual = 1_000
const firstId = 1_000_000

function texts(length, count = usual) {
  const value = (index) => `${index}:`.padEnd(length, 'abcdefghijklmnopqrstuvwxyz0123456789')
  return entries(value, (read, { value: written }) => read === written, count)
}

function objects(count = usual) {
  return entries(account, (read, { mark }) => read.id === mark, count)
}

function entries(value, same, count = usual) {
  return Array.from({ length: count }, (_, index) => ({
    key: `bench:${index}`,
    value: value(index),
    mark: firstId + index,
    same,
  }))
}

/** A session of express-session, whose cookie does not say when it ends. */
function session(index) {
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }
  return { cookie, account: account(index) }
}

/** An account as an application keeps it: 1 KiB as JSON. */
function account(index) {
  const base = {
    id: firstId + index,
    name: `Ada Lovelace ${index}`,
    email: `ada.${index}@example.org`,
    active: index % 3 !== 0,
    score: index * 1.25,
    parent: null,
    tags: ['analyst', 'engine', 'notes', 'translator'],
    address: { street: '12 St. James Square', city: 'London', postcode: 'SW1Y 4JH', country: 'GB' },
    permissions: { read: true, write: index % 2 === 0, admin: false },
    orders: Array.from({ length: 6 }, (_, order) => ({
      id: index * 10 + order,
      sku: `SKU-${1000 + order}`,
      quantity: order + 1,
      price: 9.99 + order,
    })),
    bio: '',
  }
  return { ...base, bio: 'x'.repeat(1_024 - JSON.stringify(base).length) }
}

import { pickleSerializer, type PyDateTime, type PyDecimal, type PyTuple, type PyUuid } from 'valkey-cache'

interface Session {
  _auth_user_id: string
  cart: PyTuple<PyUuid | PyDecimal | number>[]
  seen: PyDateTime
}

// A session that Django's cache session engine stored: {'cart': [(UUID(int=7), Decimal('9.90'), 2)], 'seen': timezone.now(), …}
const stored = Buffer.from(
  'gASVHAEAAAAAAAB9lCiMDV9hdXRoX3VzZXJfaWSUjAE3lIwSX2F1dGhfdXNlcl9iYWNrZW5klIwpZGphbmdvLmNvbnRyaWIuYXV0aC5iYWNrZW5k' +
    'cy5Nb2RlbEJhY2tlbmSUjA9fc2Vzc2lvbl9leHBpcnmUSgB1EgCMBGNhcnSUXZSMBHV1aWSUjARVVUlElJOUKYGUfZSMA2ludJRLB3NijAdkZWNp' +
    'bWFslIwHRGVjaW1hbJSTlIwEOS45MJSFlFKUSwKHlGGMBHNlZW6UjAhkYXRldGltZZSMCGRhdGV0aW1llJOUQwoH6AEfDB47AeJAlGgWjAh0aW1l' +
    'em9uZZSTlGgWjAl0aW1lZGVsdGGUk5RLAEsASwCHlFKUhZRSlIaUUpR1Lg==',
  'base64',
)
const session = pickleSerializer.deserialize(stored) as Session

for (const [product, price, count] of session.cart) console.log(String(product), String(price), count)
console.log(session.seen.toDate(), String(session.seen))

session._auth_user_id = '8'
console.log(JSON.stringify(session.cart), pickleSerializer.serialize(session).length === stored.length)

import { describe, expect } from 'vitest'
import {
  PyBytearray,
  PyDate,
  PyDateTime,
  PyDecimal,
  PyFrozenset,
  PyOrderedDict,
  PySafeString,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  PyUuid,
  PyZoneInfo,
} from '../../src/codec/serializers/pickle/index.js'
import { at } from '../support/caches.js'
import { test as base } from '../support/python.js'

const test = base.extend('pickles', ({ server, make }) => {
  return make({ pickles: { location: at(server), serializer: 'pickle' } }).pickles
})

const day = new PyDate(2024, 1, 31)

/** What pickle has beyond JSON: as Python writes it, and as it is here. */
const values: readonly (readonly [python: string, value: unknown])[] = [
  ["(1, 'a', ())", PyTuple.of(1, 'a', PyTuple.of())],
  ['[2**60, -(2**70), 1.5]', [2n ** 60n, -(2n ** 70n), 1.5]],
  ["b'\\x00\\xff'", Buffer.from([0, 255])],
  ["{1: 'a', None: [2], (3,): {}}", new Map<unknown, unknown>([[1, 'a'], [null, [2]], [PyTuple.of(3), {}]])], // prettier-ignore
  ['{7}', new Set([7])],
  ["frozenset(['a'])", new PyFrozenset(['a'])],
  ["collections.OrderedDict([('b', 1), ('a', 2)])", new PyOrderedDict([['b', 1], ['a', 2]])], // prettier-ignore
  ['datetime.datetime(2024, 1, 31, 12, 30, 59, 123456)', new PyDateTime(day, clock({ microsecond: 123_456 }))],
  ['datetime.datetime(2024, 1, 31, 12, 30, 59, tzinfo=datetime.timezone.utc)', new PyDateTime(day, clock({ tzinfo: PyTimezone.utc }))], // prettier-ignore
  ["datetime.datetime(2024, 1, 31, 12, 30, 59, tzinfo=ZoneInfo('Europe/Berlin'))", new PyDateTime(day, clock({ tzinfo: new PyZoneInfo('Europe/Berlin') }))], // prettier-ignore
  ['datetime.date(2024, 1, 31)', day],
  ['datetime.time(12, 30, 59)', clock({})],
  ['datetime.timedelta(days=1, seconds=2, microseconds=3)', new PyTimedelta({ days: 1, seconds: 2, microseconds: 3 })],
  ["Decimal('9.90')", new PyDecimal('9.90')],
  ["UUID('12345678-1234-5678-9234-567812345678')", new PyUuid('12345678-1234-5678-9234-567812345678')],
  ["{'__proto__': 1}", JSON.parse('{"__proto__": 1}')],
]

test.for(values)('%s written by Python is read here', async ([code, value], { python, pickles }) => {
  await python(`cache('pickle').set('k', ${code})`)
  expect(await pickles.get('k')).toStrictEqual(value)
})

test.for(values)(
  '%s written here is read by Python, from its own bytes',
  async ([code, value], { python, pickles }) => {
    await pickles.set('k', value)
    expect(await python(`cache('pickle').get('k')`)).toBe(await python(code))
    expect(await python(`cache('pickle').raw('k') == cache('pickle').encode(${code})`)).toBe('True')
  },
)

test.for([0, 1, 2, 3, 4, 5])('protocol %d of Python is read', async (protocol, { python, pickles }) => {
  await python(`
import pickle
row = {'id': 1, 'tags': ('x', 'y'), 'at': datetime.datetime(2024, 1, 31, 12, 30, 59)}
client.set(':1:k', pickle.dumps(row, ${protocol}))`)
  expect(await pickles.get('k')).toStrictEqual({
    id: 1,
    tags: PyTuple.of('x', 'y'),
    at: new PyDateTime(day, clock({})),
  })
})

test.for<readonly [python: string, value: unknown]>([
  ...values,
  ["bytearray(b'a' * 70_000)", new PyBytearray(Buffer.alloc(70_000, 'a'))],
  ["[bytearray(b'a'), bytearray()]", [new PyBytearray([97]), new PyBytearray()]],
])('%s written here in protocol 5 has the bytes of Python', async ([code, value], { python, server, make }) => {
  const { newer } = make({ newer: { location: at(server), serializer: 'pickle', pickleProtocol: 5 } })
  await newer.set('k', value)
  expect(await python(`cache('pickle5').raw('k') == cache('pickle5').encode(${code})`)).toBe('True')
  expect(await newer.get('k')).toStrictEqual(value)
})

describe('Django itself', () => {
  test.for([0, 1, 2, 3, 4, 5])('up to 3.2 has UTC from pytz, in protocol %d', async (protocol, { python, pickles }) => {
    const now = await python(`
import pickle
from django.utils import timezone
now = timezone.now()
client.set(':1:k', pickle.dumps([now, now], ${protocol}))
now.isoformat()`)
    const [first, second] = (await pickles.get('k')) as PyDateTime[]
    expect(first?.time.tzinfo).toStrictEqual(PyTimezone.utc)
    expect([String(first), String(second)]).toStrictEqual([now, now].map((text) => text.slice(1, -1)))
  })

  test('marks text as safe', async ({ python, pickles }) => {
    await python(`cache('pickle').set('k', mark_safe('<b>'))`)
    expect(await pickles.get('k')).toBe('<b>')
    await pickles.set('k', new PySafeString('<b>'))
    expect(await python(`type(cache('pickle').get('k')).__name__`)).toBe("'SafeString'")
  })

  test('caches pages, which are not values here', async ({ python, pickles }) => {
    await python(`
from django.http import HttpResponse
cache('pickle').set('page', HttpResponse('<p>'))`)
    await expect(pickles.get('page')).rejects.toMatchObject({ code: 'E_CODEC' })
  })
})

function clock(rest: { microsecond?: number; tzinfo?: PyTimezone | PyZoneInfo }): PyTime {
  return new PyTime({ hour: 12, minute: 30, second: 59, ...rest })
}

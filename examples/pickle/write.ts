import {
  pickleSerializer,
  PyDate,
  PyDateTime,
  PyDecimal,
  PySafeString,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  PyUuid,
  PyZoneInfo,
} from 'valkey-cache'

const order = {
  id: new PyUuid('12345678-1234-5678-9234-567812345678'),
  lines: [PyTuple.of('tea', 2, new PyDecimal('4.50'))], // [('tea', 2, Decimal('4.50'))]
  bySize: new Map([[250, 'small']]), // {250: 'small'}
  flags: new Set(['gift']), // {'gift'}
  placed: new Date('2024-01-31T12:30:59.123Z'), // datetime(2024, 1, 31, 12, 30, 59, 123000, tzinfo=timezone.utc)
  shown: PyDateTime.fromDate(new Date('2024-01-31T12:30:59Z'), new PyZoneInfo('Europe/Berlin')), // 13:30:59 there
  opens: new PyDateTime(new PyDate(2024, 2, 1), new PyTime({ hour: 9 })), // naive: datetime(2024, 2, 1, 9, 0)
  due: new PyDate(2024, 2, 29),
  after: new PyTimedelta({ days: 1, seconds: 90 }),
  zone: new PyTimezone(new PyTimedelta({ seconds: 5.5 * 3600 })), // timezone(timedelta(hours=5, minutes=30))
  note: new PySafeString('<b>fragile</b>'), // mark_safe(…)
}

const stored = pickleSerializer.serialize(order)
const { lines, placed, note } = pickleSerializer.deserialize(stored) as Record<string, unknown>
console.log(stored.length, JSON.stringify({ lines, placed, note }))

import { isDate } from 'node:util/types'
import { CodecError } from '../../../errors.js'
import { packDate, packDateTime, packTime } from './calendar.js'
import { PyBytearray, PyOrderedDict, PyTuple } from './types/collections.js'
import { PyDate, PyDateTime, PyTime, PyTimedelta, PyTimezone, type PyTzinfo, PyZoneInfo } from './types/datetime.js'
import { PyDecimal, PyHerdMarker, PySafeString, PyUuid } from './types/scalars.js'

/** How Python is told to make an object. */
export interface Reduction {
  readonly callee: ClassName | Reduction
  readonly args: PyTuple
  /** By `class.__new__` and not by a call. */
  readonly created?: true
  readonly entries?: ReadonlyMap<unknown, unknown>
  readonly state?: Readonly<Record<string, unknown>>
}

/** A class or function of Python. */
export class ClassName {
  readonly module: string | FreshText
  readonly name: FreshText

  constructor(module: string | FreshText, name: string) {
    this.module = module
    this.name = new FreshText(name)
  }
}

/** Text that Python makes anew each time it writes it, so that it is never a reference to an equal one. */
export class FreshText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * How Python writes an object of these classes; undefined for any other.
 * @throws {CodecError} E_CODEC for a Date that Python does not have
 */
export function reductionOf(value: object): Reduction | undefined {
  if (isDate(value)) return dateTime(fromDate(value))
  for (const rule of rules) {
    const reduction = rule(value)
    if (reduction !== undefined) return reduction
  }
  return undefined
}

const names = {
  bytearray: new ClassName('builtins', 'bytearray'),
  date: new ClassName('datetime', 'date'),
  datetime: new ClassName('datetime', 'datetime'),
  time: new ClassName('datetime', 'time'),
  timedelta: new ClassName('datetime', 'timedelta'),
  timezone: new ClassName('datetime', 'timezone'),
  decimal: new ClassName('decimal', 'Decimal'),
  /** Python has the module of a function apart from the equal ones of classes. */
  getattr: new ClassName(new FreshText('builtins'), 'getattr'),
  marker: new ClassName('django_valkey.base_client', 'Marker'),
  orderedDict: new ClassName('collections', 'OrderedDict'),
  safeString: new ClassName('django.utils.safestring', 'SafeString'),
  uuid: new ClassName('uuid', 'UUID'),
  zoneInfo: new ClassName('zoneinfo', 'ZoneInfo'),
}

const rules = [
  rule(PyDateTime, dateTime),
  rule(PyDate, (date) => ({ callee: names.date, args: PyTuple.of(packDate(date)) })),
  rule(PyTime, (time) => ({ callee: names.time, args: inZone(packTime(time, time.fold), time.tzinfo) })),
  rule(PyTimedelta, timedelta),
  rule(PyTimezone, timezone),
  rule(PyZoneInfo, zoneInfo),
  rule(PyDecimal, ({ value }) => ({ callee: names.decimal, args: PyTuple.of(new FreshText(value)) })),
  rule(PyUuid, ({ value }) => ({ ...created(names.uuid), state: { int: BigInt(`0x${value.replaceAll('-', '')}`) } })),
  rule(PySafeString, ({ value }) => created(names.safeString, new FreshText(value))),
  rule(PyHerdMarker, () => created(names.marker)),
  rule(PyOrderedDict, (entries) => ({ callee: names.orderedDict, args: new PyTuple(), entries })),
  rule(PyBytearray, bytearray),
]

function rule<T extends object>(
  type: new (...args: never[]) => T,
  reduce: (value: T) => Reduction,
): (value: object) => Reduction | undefined {
  return (value) => (value instanceof type ? reduce(value) : undefined)
}

function created(callee: ClassName, ...args: unknown[]): Reduction {
  return { callee, args: new PyTuple(args), created: true }
}

function fromDate(date: Date): PyDateTime {
  try {
    return PyDateTime.fromDate(date)
  } catch (cause) {
    throw new CodecError('encode', 'this Date is invalid, or in none of the years 1 to 9999.', { cause })
  }
}

function dateTime(value: PyDateTime): Reduction {
  return { callee: names.datetime, args: inZone(packDateTime(value), value.time.tzinfo) }
}

function inZone(packed: Buffer, tzinfo: PyTzinfo | undefined): PyTuple {
  return tzinfo === undefined ? PyTuple.of(packed) : PyTuple.of(packed, tzinfo)
}

function timedelta({ days, seconds, microseconds }: PyTimedelta): Reduction {
  return { callee: names.timedelta, args: PyTuple.of(days, seconds, microseconds) }
}

function timezone({ offset, name }: PyTimezone): Reduction {
  return {
    callee: names.timezone,
    args: name === undefined ? PyTuple.of(offset) : PyTuple.of(offset, name),
  }
}

/** `ZoneInfo._unpickle(key, 1)`, where the 1 is for a zone that Python makes once and keeps. */
function zoneInfo({ key }: PyZoneInfo): Reduction {
  const method = { callee: names.getattr, args: PyTuple.of(names.zoneInfo, new FreshText('_unpickle')) }
  return { callee: method, args: PyTuple.of(key, 1) }
}

function bytearray(bytes: PyBytearray): Reduction {
  const args = bytes.length === 0 ? [] : [Buffer.from(bytes)]
  return { callee: names.bytearray, args: new PyTuple(args) }
}

import { readFileSync } from 'node:fs'
import {
  PyBytearray,
  PyDate,
  PyDateTime,
  PyDecimal,
  PyFrozenset,
  PyHerdMarker,
  PyOrderedDict,
  PySafeString,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyTuple,
  PyUuid,
  PyZoneInfo,
  type PyTzinfo,
} from '../../src/codec/serializers/pickle/index.js'

/** What test/interop/pickle-vectors.py wrote. Parsed here: an import would take the key `__proto__` for what it says. */
export const pickleVectors = JSON.parse(readFileSync('test/interop/pickle-vectors.json', 'utf8')) as {
  readonly values: readonly Vector[]
  readonly shared: Omit<Vector, 'name'>
  readonly cycles: readonly Omit<Vector, 'value'>[]
  readonly large: readonly { readonly name: string; value: unknown; length: number; sha256: string }[]
}

interface Vector {
  readonly name: string
  /** See {@link described}. */
  readonly value: unknown
  /** Base64 by protocol. */
  readonly pickles: Readonly<Record<string, string>>
}

/** The value that test/interop/pickle-vectors.py describes in JSON, as we have it in JavaScript. */
export function described(description: unknown): unknown {
  if (Array.isArray(description)) return description.map(described)
  if (typeof description !== 'object' || description === null) return description
  const [[name, content] = ['', undefined], ...others] = Object.entries(description)
  const make = others.length === 0 ? makers[name] : undefined
  return make === undefined ? plain(Object.entries(description)) : make(content as never)
}

/** As in Python's values: one object for one zone. */
const zones = {
  known: new Map<string, PyTzinfo>([['0,0,0', PyTimezone.utc]]),
  get(name: string, make: () => PyTzinfo): PyTzinfo {
    const zone = this.known.get(name) ?? make()
    this.known.set(name, zone)
    return zone
  },
}

type Clock = [hour: number, minute: number, second: number, microsecond: number, fold: number, zone: unknown]

const makers: Record<string, ((content: never) => unknown) | undefined> = {
  $int: (digits: string) => BigInt(digits),
  $float: (text: string) => ({ inf: Infinity, '-inf': -Infinity, nan: NaN })[text] ?? Number(text),
  $bytes: (base64: string) => Buffer.from(base64, 'base64'),
  $bytearray: (base64: string) => new PyBytearray(Buffer.from(base64, 'base64')),
  $tuple: (items: unknown[]) => new PyTuple(items.map(described)),
  $set: (items: unknown[]) => new Set(items.map(described)),
  $frozenset: (items: unknown[]) => new PyFrozenset(items.map(described)),
  $dict: (items: unknown[]) => new Map(described(items) as [unknown, unknown][]),
  $OrderedDict: (items: unknown[]) => new PyOrderedDict(described(items) as [unknown, unknown][]),
  $date: (parts: [number, number, number]) => new PyDate(...parts),
  $time: (clock: Clock) => time(clock),
  $datetime: ([date, clock]: [[number, number, number], Clock]) => new PyDateTime(new PyDate(...date), time(clock)),
  $timedelta: (parts: [number, number, number]) => timedelta(parts),
  $timezone: (parts: [[number, number, number], string?]) => zones.get(parts.join(), () => timezone(parts)),
  $ZoneInfo: (key: string) => zones.get(key, () => new PyZoneInfo(key)),
  $Decimal: (text: string) => new PyDecimal(text),
  $UUID: (text: string) => new PyUuid(text),
  $SafeString: (text: string) => new PySafeString(text),
  $Marker: () => new PyHerdMarker(),
  $repeat: ([text, times]: [string, number]) => text.repeat(times),
  $bytesOf: ([text, times]: [string, number]) => Buffer.alloc(times, text),
  $bytearrayOf: ([text, times]: [string, number]) => new PyBytearray(Buffer.alloc(times, text)),
  $range: (length: number) => range(length),
  $rangeSet: (length: number) => new Set(range(length)),
  $rangeDict: (length: number) => Object.fromEntries(range(length).map((at) => [String(at), at])),
  $rangeMap: (length: number) => new Map(range(length).map((at) => [at, at])),
  $rangeOrderedDict: (length: number) => new PyOrderedDict(range(length).map((at) => [at, at])),
  $nested: (depth: number) => range(depth - 1).reduce<unknown[]>((made) => [made], []),
}

function plain(entries: [string, unknown][]): unknown {
  const made = {}
  for (const [key, content] of entries)
    Object.defineProperty(made, key, {
      value: described(content),
      enumerable: true,
      writable: true,
      configurable: true,
    })
  return made
}

function time([hour, minute, second, microsecond, fold, zone]: Clock): PyTime {
  const tzinfo = zone === null ? undefined : (described(zone) as PyTzinfo)
  return new PyTime({ hour, minute, second, microsecond, fold, tzinfo })
}

function timezone([offset, name]: [[number, number, number], string?]): PyTimezone {
  return new PyTimezone(timedelta(offset), name)
}

function timedelta([days, seconds, microseconds]: [number, number, number]): PyTimedelta {
  return new PyTimedelta({ days, seconds, microseconds })
}

function range(length: number): number[] {
  return Array.from({ length }, (_, at) => at)
}

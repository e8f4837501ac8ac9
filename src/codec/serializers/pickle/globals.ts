import { unpackDate, unpackDateTime, unpackTime } from './calendar.js'
import { Global, Unbuilt, type Behaviour } from './token.js'
import { PyBytearray, PyFrozenset, PyOrderedDict } from './types/collections.js'
import { PyDecimal, PyHerdMarker, PyUuid } from './types/scalars.js'
import { PyTimedelta } from './types/timedelta.js'
import { PyTimezone, PyZoneInfo, type PyTzinfo } from './types/zones.js'

/** The class or function of this name, if a pickle may name it. */
export function findGlobal(module: string, name: string): Global | undefined {
  const key = `${module} ${name}`
  return globals.get(names2.get(key) ?? key)
}

/** Everything that a pickle may name, and what it does here. Nothing else is ever looked up or called. */
const behaviours: Readonly<Record<string, Behaviour>> = {
  'builtins object': {},
  'builtins str': {},
  'builtins bytes': { call: (args) => (args.length === 0 ? Buffer.alloc(0) : unexpected()) },
  'builtins bytearray': { call: (args) => new PyBytearray(args.length === 0 ? [] : bytesIn(args, 1)) },
  'builtins set': { call: (args) => new Set(listIn(args)) },
  'builtins frozenset': { call: (args) => new PyFrozenset(listIn(args)) },
  'builtins getattr': { call: attribute },
  'copyreg _reconstructor': { call: reconstruct },
  '_codecs encode': { call: encodeLatin1 },
  'datetime date': { call: (args) => unpackDate(bytesIn(args, 1, 4)) },
  'datetime time': { call: (args) => unpackTime(bytesIn(args, 2, 6), zoneIn(args)) },
  'datetime datetime': { call: (args) => unpackDateTime(bytesIn(args, 2, 10), zoneIn(args)) },
  'datetime timedelta': { call: timedelta },
  'datetime timezone': { call: timezone },
  'zoneinfo ZoneInfo': {},
  'decimal Decimal': { call: (args) => new PyDecimal(textIn(args)) },
  'uuid UUID': { create: (args) => (args.length === 0 ? new Unbuilt('uuid UUID', uuid) : unexpected()) },
  'collections OrderedDict': { call: (args) => (args.length === 0 ? new PyOrderedDict() : unexpected()) },
  'django.utils.safestring SafeString': { create: textIn },
  'django_valkey.base_client Marker': { create: (args) => (args.length === 0 ? new PyHerdMarker() : unexpected()) },
}
const globals = new Map(Object.entries(behaviours).map(([name, behaviour]) => [name, new Global(name, behaviour)]))

/** The protocols 0 to 2 use Python 2's names. */
const names2 = new Map([
  ...['object', 'bytes', 'bytearray', 'set', 'frozenset', 'getattr'].map((name) => [
    `__builtin__ ${name}`,
    `builtins ${name}`,
  ]),
  ['__builtin__ unicode', 'builtins str'],
  ['copy_reg _reconstructor', 'copyreg _reconstructor'],
] as [string, string][])

/** A ZoneInfo is written as a call of its class's method, found by its name. */
function attribute([owner, name, ...others]: readonly unknown[]): Global {
  const known = owner === globals.get('zoneinfo ZoneInfo') && name === '_unpickle' && others.length === 0
  return known ? zoneInfoByKey : unexpected()
}

const zoneInfoByKey = new Global('zoneinfo ZoneInfo._unpickle', {
  call: ([key, _cached, ...others]) => new PyZoneInfo(others.length === 0 ? text(key) : unexpected()),
})

/** How the protocols 0 and 1 make an object: `(class, base, state of the base)`. */
function reconstruct([type, base, state, ...others]: readonly unknown[]): unknown {
  const known = type instanceof Global && base instanceof Global && others.length === 0
  const create = known ? type.behaviour.create : undefined
  return create === undefined ? unexpected() : create(state === null ? [] : [state])
}

/** How the protocols 0 to 2 have bytes. */
function encodeLatin1([value, encoding, ...others]: readonly unknown[]): Buffer {
  const known = encoding === 'latin1' && others.length === 0 && !/[^\0-\xff]/.test(text(value))
  return known ? Buffer.from(text(value), 'latin1') : unexpected()
}

function timedelta(args: readonly unknown[]): PyTimedelta {
  const [days, seconds, microseconds] = args.map(integer)
  if (args.length !== 3 || days === undefined || seconds === undefined || microseconds === undefined)
    return unexpected()
  return new PyTimedelta({ days, seconds, microseconds })
}

function timezone([offset, name, ...others]: readonly unknown[]): PyTimezone {
  if (!(offset instanceof PyTimedelta) || others.length > 0) return unexpected()
  if (name !== undefined) return new PyTimezone(offset, text(name))
  return offset.toMilliseconds() === 0 ? PyTimezone.utc : new PyTimezone(offset)
}

function uuid(state: unknown): PyUuid {
  const { int } = (state ?? {}) as { readonly int?: unknown }
  if (typeof int !== 'bigint' && typeof int !== 'number') return unexpected()
  return new PyUuid(BigInt(int).toString(16).padStart(32, '0'))
}

function bytesIn(args: readonly unknown[], mostArgs: number, length?: number): Buffer {
  const [bytes] = args
  const known = args.length <= mostArgs && Buffer.isBuffer(bytes) && (length ?? bytes.length) === bytes.length
  return known ? bytes : unexpected()
}

function listIn([list, ...others]: readonly unknown[]): unknown[] {
  return Array.isArray(list) && others.length === 0 ? list : unexpected()
}

function textIn([value, ...others]: readonly unknown[]): string {
  return others.length === 0 ? text(value) : unexpected()
}

function zoneIn([, zone]: readonly unknown[]): PyTzinfo | undefined {
  return zone === undefined || zone instanceof PyTimezone || zone instanceof PyZoneInfo ? zone : unexpected()
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : unexpected()
}

function integer(value: unknown): number {
  return typeof value === 'number' ? value : unexpected()
}

function unexpected(): never {
  throw new TypeError('other arguments than Python writes')
}

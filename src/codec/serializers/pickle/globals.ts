import { unpackDate, unpackDateTime, unpackTime } from './calendar.js'
import { type Behaviour, Global, Unbuilt, type Work } from './token.js'
import { PyBytearray, PyFrozenset, PyOrderedDict } from './types/collections.js'
import { PyTimedelta, PyTimezone, type PyTzinfo, PyZoneInfo } from './types/datetime.js'
import { PyDecimal, PyHerdMarker, PyUuid } from './types/scalars.js'

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
  'builtins bytearray': { call: (args, work) => new PyBytearray(args.length === 0 ? [] : worked(bytesIn(args), work)) },
  'builtins set': { call: (args, work) => new Set(worked(listIn(args), work)) },
  'builtins frozenset': { call: (args, work) => new PyFrozenset(worked(listIn(args), work)) },
  'builtins getattr': { call: attribute },
  'copyreg _reconstructor': { call: reconstruct },
  '_codecs encode': { call: encodeLatin1 },
  'datetime date': { call: (args) => unpackDate(bytesIn(args, { length: 4 })) },
  'datetime time': { call: (args) => unpackTime(bytesIn(args, { length: 6, others: 1 }), zoneIn(args)) },
  'datetime datetime': { call: (args) => unpackDateTime(bytesIn(args, { length: 10, others: 1 }), zoneIn(args)) },
  'datetime timedelta': { call: timedelta },
  'datetime timezone': { call: timezone },
  'pytz _UTC': { call: (args) => (args.length === 0 ? PyTimezone.utc : unexpected()) },
  'zoneinfo ZoneInfo': {},
  'decimal Decimal': { call: (args, work) => new PyDecimal(worked(textIn(args), work)) },
  'uuid UUID': { create: (args) => (args.length === 0 ? new Unbuilt('uuid UUID', uuid) : unexpected()) },
  'collections OrderedDict': { call: (args) => (args.length === 0 ? new PyOrderedDict() : unexpected()) },
  'django.utils.safestring SafeString': { create: textIn },
  'django_valkey.base_client Marker': { create: herdMarker },
  // Where it was up to django-valkey 0.2, and where django-redis has it.
  'django_valkey.client.herd Marker': { create: herdMarker },
  'django_redis.client.herd Marker': { create: herdMarker },
}
const globals = new Map(Object.entries(behaviours).map(([name, behaviour]) => [name, new Global(name, behaviour)]))

/** The protocols 0 to 2 use Python 2's names. */
const names2: ReadonlyMap<string, string> = new Map([
  ['__builtin__ object', 'builtins object'],
  ['__builtin__ unicode', 'builtins str'],
  ['__builtin__ bytes', 'builtins bytes'],
  ['__builtin__ bytearray', 'builtins bytearray'],
  ['__builtin__ set', 'builtins set'],
  ['__builtin__ frozenset', 'builtins frozenset'],
  ['__builtin__ getattr', 'builtins getattr'],
  ['copy_reg _reconstructor', 'copyreg _reconstructor'],
])

/** A ZoneInfo is written as a call of its class's method, found by its name. */
function attribute([owner, name, ...others]: readonly unknown[]): Global {
  const known = owner === globals.get('zoneinfo ZoneInfo') && name === '_unpickle' && others.length === 0
  return known ? zoneInfoByKey : unexpected()
}

const zoneInfoByKey = new Global('zoneinfo ZoneInfo._unpickle', {
  call: ([key, _cached, ...others]) => new PyZoneInfo(others.length === 0 ? text(key) : unexpected()),
})

/** How the protocols 0 and 1 make an object: `(class, base, state of the base)`. */
function reconstruct([type, base, state, ...others]: readonly unknown[], work: Work): unknown {
  const known = type instanceof Global && base instanceof Global && others.length === 0
  const create = known ? type.behaviour.create : undefined
  return create === undefined ? unexpected() : create(state === null ? [] : [state], work)
}

/** How the protocols 0 to 2 have bytes. */
function encodeLatin1([value, encoding, ...others]: readonly unknown[], work: Work): Buffer {
  const decoded = worked(text(value), work)
  const known = encoding === 'latin1' && others.length === 0 && !/[^\0-\xff]/.test(decoded)
  return known ? Buffer.from(decoded, 'latin1') : unexpected()
}

function timedelta(args: readonly unknown[]): PyTimedelta {
  const [days, seconds, microseconds] = args.map(integer)
  if (args.length !== 3 || days === undefined || seconds === undefined || microseconds === undefined)
    return unexpected()
  return new PyTimedelta({ days, seconds, microseconds })
}

function herdMarker(args: readonly unknown[]): PyHerdMarker {
  return args.length === 0 ? new PyHerdMarker() : unexpected()
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

function worked<T extends { readonly length: number }>(argument: T, work: Work): T {
  work(argument.length)
  return argument
}

function bytesIn([bytes, ...more]: readonly unknown[], { length = -1, others = 0 } = {}): Buffer {
  const known = Buffer.isBuffer(bytes) && (length === -1 || length === bytes.length) && more.length <= others
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

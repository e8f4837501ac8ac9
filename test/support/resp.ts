import fc from 'fast-check'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'

/** One reply three times: as it goes over the wire, and what must come of it as text and as bytes. */
export interface Sample {
  readonly wire: Buffer
  readonly text: Reply
  readonly buffer: Reply
}

export const simple = (text: string): Sample => line('+', text, text, Buffer.from(text))
export const error = (text: string): Sample => line('-', text, new ErrorReply(text))
export const integer = (value: bigint): Sample => line(':', String(value), narrow(value))
export const bigNumber = (value: bigint): Sample => line('(', String(value), value)
export const double = (value: number): Sample => line(',', doubleText(value), value)
export const boolean = (value: boolean): Sample => line('#', value ? 't' : 'f', value)
export const nil: Sample = line('_', '', null)
export const nilBulk: Sample = line('$', '-1', null)
export const nilArray: Sample = line('*', '-1', null)

export const bulk = (bytes: Buffer): Sample => blob('$', bytes, bytes.toString(), bytes)
export const bulkError = (text: string): Sample => blob('!', Buffer.from(text), new ErrorReply(text))
export const verbatim = (format: string, bytes: Buffer): Sample =>
  blob('=', Buffer.concat([Buffer.from(`${format}:`), bytes]), bytes.toString(), bytes)

export const array = (items: readonly Sample[]): Sample => aggregate('*', items, (values) => values)
export const set = (items: readonly Sample[]): Sample => aggregate('~', items, (values) => new Set(values))
export const push = (items: readonly Sample[]): Sample => aggregate('>', items, (values) => values)
export const map = (entries: readonly (readonly [Sample, Sample])[]): Sample =>
  aggregate('%', entries.flat(), (values) => new Map(pairs(values)), entries.length)
/** An attribute is part of the bytes before a value, and no part of what comes of them. */
export const attributed = (
  entries: readonly (readonly [Sample, Sample])[],
  { wire, text, buffer }: Sample,
): Sample => ({
  wire: Buffer.concat([aggregate('|', entries.flat(), () => null, entries.length).wire, wire]),
  text,
  buffer,
})

const lineText = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, ' '))
const bytes = fc.uint8Array({ maxLength: 24 }).map((array) => Buffer.from(array))
const wide = fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n })

const scalar: fc.Arbitrary<Sample> = fc.oneof(
  lineText.map(simple),
  lineText.map(error),
  fc.oneof(fc.integer().map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })).map(integer),
  wide.map(bigNumber),
  fc.oneof(fc.double(), fc.constantFrom(NaN, Infinity, -Infinity, 0, -0)).map(double),
  fc.boolean().map(boolean),
  fc.constantFrom(nil, nilBulk, nilArray),
  bytes.map(bulk),
  fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => bulk(Buffer.from(text))),
  lineText.map(bulkError),
  fc.tuple(fc.constantFrom('txt', 'mkd'), bytes).map(([format, body]) => verbatim(format, body)),
)

/** Any reply that a server may send in RESP2 or RESP3, nested a few levels deep. */
export const anyReply: fc.Arbitrary<Sample> = fc.letrec<{ value: Sample }>((tie) => {
  const items = fc.array(tie('value'), { maxLength: 4 })
  const entries = fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 3 })
  return {
    value: fc.oneof(
      { depthSize: 'small' },
      { arbitrary: scalar, weight: 4 },
      { arbitrary: items.map(array), weight: 2 },
      { arbitrary: items.map(set), weight: 1 },
      { arbitrary: entries.map(map), weight: 1 },
      { arbitrary: fc.tuple(entries, tie('value')).map(([before, value]) => attributed(before, value)), weight: 1 },
    ),
  }
}).value

export const anyPush: fc.Arbitrary<Sample> = fc.array(anyReply, { maxLength: 3 }).map(push)

/** The arguments in each request of `wire`: a reader of its own, so that an encoder is not its own judge. */
export function decodeRequests(wire: Buffer): Buffer[][] {
  const requests: Buffer[][] = []
  let offset = 0
  const count = (type: string): number => {
    const end = wire.indexOf('\r\n', offset)
    const text = wire.toString('latin1', offset, end)
    if (end < 0 || !new RegExp(`^\\${type}\\d+$`).test(text)) throw new Error(`${type} expected, got ${text}`)
    offset = end + 2
    return Number(text.slice(1))
  }
  const argument = (): Buffer => {
    const end = count('$') + offset
    if (wire.toString('latin1', end, end + 2) !== '\r\n') throw new Error('an argument that does not end where it says')
    const value = wire.subarray(offset, end)
    offset = end + 2
    return value
  }
  while (offset < wire.length) requests.push(Array.from({ length: count('*') }, argument))
  return requests
}

function line(type: string, body: string, text: Reply, buffer: Reply = text): Sample {
  return { wire: Buffer.from(`${type}${body}\r\n`), text, buffer }
}

function blob(type: string, body: Buffer, text: Reply, buffer: Reply = text): Sample {
  return { wire: Buffer.concat([Buffer.from(`${type}${body.length}\r\n`), body, Buffer.from('\r\n')]), text, buffer }
}

function aggregate(
  type: string,
  items: readonly Sample[],
  value: (items: Reply[]) => Reply,
  length: number = items.length,
): Sample {
  return {
    wire: Buffer.concat([Buffer.from(`${type}${length}\r\n`), ...items.map(({ wire }) => wire)]),
    text: value(items.map(({ text }) => text)),
    buffer: value(items.map(({ buffer }) => buffer)),
  }
}

function pairs(values: readonly Reply[]): [Reply, Reply][] {
  return values.flatMap((value, index) => (index % 2 === 0 ? [[value, values[index + 1] as Reply]] : []))
}

function narrow(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf'
}

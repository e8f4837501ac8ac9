import { CodecError, ConfigurationError, KeyError, UnsupportedError } from '../../src/index.js'

export type ErrorClass = new (...args: never[]) => Error

/** What an argument may be: a good one, and those that must be refused, each with the error that says so. */
export interface Kind {
  readonly good: unknown
  readonly bad: readonly Refused[]
}

type Refused = readonly [value: unknown, error: ErrorClass]

const refused = (error: ErrorClass, ...values: readonly unknown[]): readonly Refused[] =>
  values.map((one) => [one, error])
const kind = (good: unknown, ...bad: readonly (readonly Refused[])[]): Kind => ({ good, bad: bad.flat() })

const noText = [null, undefined, true, {}, [], 10n, Symbol('s'), () => 'k', NaN, Infinity]
/** Half a surrogate pair, which UTF-8 cannot hold. */
const half = 'k\ud83d'
const notMany = [null, undefined, true, 5, 10n, 'text', () => []]
const noFunction = [null, undefined, 5, 'text', {}, []]
const cycle: unknown[] = []
cycle.push(cycle)
const hostile = {
  toJSON: () => {
    throw new Error('I have no JSON')
  },
}

export const key = kind('k', refused(KeyError, '', half, ...noText))
export const field = kind('f', refused(KeyError, half, ...noText))
export const pattern = kind('*', refused(KeyError, '', half, 5, ...noText))
export const value = kind(
  'v',
  refused(TypeError, undefined, () => {}, Symbol('s')),
  refused(CodecError, NaN, -Infinity, cycle, { deep: 10n }, { lost: /x/ }, hostile),
)

/** Several of a kind: no iterable at all, or one that holds a bad one. */
function many({ good, bad }: Kind): Kind {
  return kind(
    [good],
    refused(TypeError, ...notMany, {}),
    bad.map(([one, error]) => [[good, one], error]),
  )
}

/** Where one key or many will do: there are none in no iterable. */
export const keyOrKeys = kind(
  'k',
  key.bad.filter(([one]) => !Array.isArray(one)),
  many(key).bad.filter(([one]) => Array.isArray(one)),
)
export const keys = many(key)
export const tags = many(kind('t', refused(KeyError, '', half, 5, 't'.repeat(65_536), ...noText)))
export const fields = many(field)
export const members = many(value)
export const entries = kind(
  [['k', 1]],
  refused(
    TypeError,
    ...notMany,
    [['k']],
    [5],
    ['kv'],
    [['k', undefined]],
    { k: undefined },
    new Map([['k', Symbol('s')]]),
  ),
  refused(KeyError, [['', 1]], [[null, 1]], new Map([[{}, 1]])),
  refused(CodecError, { k: NaN }, { k: 1, other: cycle }),
)
export const values = kind(
  { f: 1 },
  refused(TypeError, ...notMany, [['f']], [5], { f: undefined }, new Map([['f', () => {}]])),
  refused(KeyError, [[null, 1]], [[NaN, 1]], new Map([[{}, 1]])),
  refused(CodecError, { f: NaN }, { f: cycle }),
)
export const scores = kind(
  new Map([['m', 1]]),
  refused(TypeError, ...notMany, [['m']], [5], { m: '1' }, { m: NaN }, { m: null }, { m: 1n }, [[undefined, 1]]),
  refused(CodecError, new Map([[cycle, 1]])),
)

export const ttl = kind(
  '1m',
  refused(ConfigurationError, undefined, NaN, Infinity, 2 ** 54, 'soon', '5', true, {}, 10n),
)
export const moment = kind(
  1,
  refused(ConfigurationError, null, undefined, NaN, Infinity, new Date(NaN), 'tomorrow', {}, 10n),
)
export const delta = kind(1, refused(UnsupportedError, null, NaN, Infinity, '1', {}, true, 2 ** 53))
export const versions = kind(1, refused(KeyError, null, 0.5, NaN, Infinity, '1', {}))
export const score = kind(1, refused(TypeError, null, NaN, '1', {}, 1n))
export const scoreEnd = kind(0, refused(TypeError, null, undefined, NaN, '1', '(', '(x', {}))
export const rank = kind(0, refused(TypeError, null, undefined, NaN, 0.5, Infinity, '0', {}))
export const count = kind(1, refused(ConfigurationError, null, -1, 0.5, NaN, '1', {}))
export const anyCount = kind(1, refused(ConfigurationError, null, 0.5, NaN, '1', {}))
export const work = kind(() => [], refused(TypeError, ...noFunction))
export const command = kind(
  ['GET', 'k'],
  refused(
    TypeError,
    null,
    undefined,
    5,
    'GET k',
    {},
    [],
    [''],
    [5],
    ['GET', null],
    ['GET', {}],
    ['GET', NaN],
    ['GET', true],
  ),
  refused(UnsupportedError, ['NOSUCH'], ['SELECT', '1'], ['MULTI'], ['SUBSCRIBE', 'c'], ['CLIENT', 'REPLY', 'OFF']),
)

const callOptions = [
  ...refused(ConfigurationError, null, 60_000, '1s', true, [], () => {}, { tll: 5 }, { deadlin: 5 }),
  ...refused(
    ConfigurationError,
    { attemptTimeout: 0 },
    { attemptTimeout: 'soon' },
    { signal: {} },
    { failSafe: 'yes' },
    { readFrom: 'slave' },
  ),
  ...refused(KeyError, ...[-1, 0.5, '1', NaN, null, {}].map((version) => ({ version }))),
  ...refused(ConfigurationError, ...['soon', NaN, {}, true].map((deadline) => ({ deadline }))),
]
const ttlOptions = ttl.bad.filter(([one]) => one !== undefined).map(([one, error]): Refused => [{ ttl: one }, error])
const batchOptions = refused(ConfigurationError, ...[0, -1, 0.5, NaN, '1', {}].map((batch) => ({ batch })))

/** The last argument of every method; none at all is good. */
export const options = kind(undefined, callOptions)
export const withTtl = kind(undefined, callOptions, ttlOptions)
export const withConditions = kind(
  undefined,
  callOptions,
  ttlOptions,
  refused(ConfigurationError, { nx: true, xx: true }),
)
export const withSoft = kind(
  undefined,
  callOptions,
  refused(ConfigurationError, { soft: 'soon' }, { soft: null }, { soft: NaN }, { soft: {} }),
)
export const withBatch = kind(undefined, callOptions, batchOptions)
export const withZaddConditions = kind(
  undefined,
  callOptions,
  refused(ConfigurationError, { nx: true, xx: true }, { gt: true, lt: true }, { nx: true, gt: true }),
)
export const withPage = kind(
  undefined,
  callOptions,
  refused(ConfigurationError, { offset: -1 }, { offset: '1' }, { count: 0.5, offset: 1 }),
)
export const deadlineOnly = kind(
  undefined,
  callOptions.filter(([one]) => typeof one !== 'object' || one === null || !('version' in one)),
)
export const withIntent = kind(
  undefined,
  deadlineOnly.bad,
  refused(ConfigurationError, { intent: 'wrote' }, { intent: 5 }),
)
export const withKeyOfWork = kind(
  undefined,
  withIntent.bad,
  refused(KeyError, { key: '' }, { key: ['k', undefined] }, { key: {} }),
)
export const withKey = kind(
  undefined,
  withIntent.bad,
  refused(ConfigurationError, { key: 0 }, { key: 9 }, { key: 'k' }, { key: [1, 0.5] }),
)

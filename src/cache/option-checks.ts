import { ConfigurationError } from '../errors.js'
import { isReadFrom } from '../topology/read-from.js'
import { show, toMilliseconds, toPositiveMilliseconds, toWholeNumber, type Duration } from '../units.js'
import type { LoadOptions } from './load-policy.js'
import type { LockOptions } from './lock-options.js'
import { isBoolean, isText, optionTable, type Check, type OptionTable } from './option-table.js'
import type {
  BatchOptions,
  CallOptions,
  CommandOptions,
  GetOptions,
  GetOrSetOptions,
  FieldTtlOptions,
  IncrementOptions,
  InvalidateOptions,
  MemberScanOptions,
  RangeOptions,
  ReadOptions,
  ScanOptions,
  ScoreRangeOptions,
  SetManyOptions,
  SetOptions,
  StoreOptions,
  TaggedReadOptions,
  TtlOptions,
  Unanswered,
  UseOptions,
  WithScoresOptions,
  WriteOptions,
  ZaddOptions,
} from './options.js'
import { resolveTtl, type Ttl } from './ttl.js'

function isSignal(value: unknown, path: string): void {
  if (value instanceof AbortSignal) return
  const alike = value !== null && typeof value === 'object' && 'aborted' in value && 'addEventListener' in value
  if (!alike) throw new ConfigurationError(path, `expected an AbortSignal, got ${show(value)}`)
}

export function isTags(value: unknown, path: string): void {
  if (!Array.isArray(value)) throw new ConfigurationError(path, `expected an array of texts, got ${show(value)}`)
}

export function isTagsOrFunction(value: unknown, path: string): void {
  if (typeof value !== 'function') isTags(value, path)
}

function oneOf(...choices: readonly string[]): Check {
  return (value: unknown, path: string) => {
    if (typeof value === 'string' && choices.includes(value)) return
    throw new ConfigurationError(path, `expected ${choices.map(show).join(' or ')}, got ${show(value)}`)
  }
}

/** What looks further into a value knows better what is wrong with it: the maker of keys, of commands, or of policies. */
export function laterChecked(): void {}

const isDuration: Check = (value: Duration, path) => toMilliseconds(value, path)
const isTtl: Check = (value: Ttl, path) => resolveTtl(value, path)
const isSoft: Check = (value: boolean | Duration, path) => typeof value === 'boolean' || toMilliseconds(value, path)
const isBatch: Check = (value: number, path) => toWholeNumber(value, 1, path)

const unanswered = {
  version: laterChecked,
  deadline: isDuration,
  attemptTimeout: (value: Duration, path: string) => toPositiveMilliseconds(value, path),
  signal: isSignal,
}
const unansweredRead = { ...unanswered, readFrom: isReadFrom }
const call = { ...unanswered, failSafe: isBoolean }
const read = { ...call, readFrom: isReadFrom }
const scan = { ...read, batch: isBatch }
const scores = {
  ...read,
  withScores: isBoolean,
  offset: (value: number, path: string) => toWholeNumber(value, 0, path),
  count: (value: number, path: string) => toWholeNumber(value, -1, path),
}

export const keyOptions: OptionTable = optionTable<Pick<CallOptions, 'version'>>({ version: laterChecked })
/** Of methods that reject in an outage, whatever the cache does. */
export const unansweredOptions: OptionTable = optionTable<Unanswered<CallOptions>>(unanswered)
export const unansweredReadOptions: OptionTable = optionTable<Unanswered<ReadOptions>>(unansweredRead)
export const callOptions: OptionTable = optionTable<CallOptions>(call)
export const readOptions: OptionTable = optionTable<ReadOptions>(read)
export const ttlOptions: OptionTable = optionTable<TtlOptions>({ ttl: isTtl, ...call })
/** They are read, and so checked, where they are laid over the policy of the cache. */
const load: Readonly<Record<keyof LoadOptions, Check>> = {
  grace: laterChecked,
  graceBackoff: laterChecked,
  refreshAt: laterChecked,
  loaderTimeout: laterChecked,
  loaderDeadline: laterChecked,
  jitter: laterChecked,
  negativeTtl: laterChecked,
  onAbandon: laterChecked,
  singleFlight: laterChecked,
  fleetLease: laterChecked,
}
const writes = { ttl: isTtl, tags: isTags, grace: laterChecked, jitter: laterChecked, refreshAt: laterChecked, ...call }
const valueRead = { tags: isTags, near: isBoolean, ...read }
export const getOptions: OptionTable = optionTable<GetOptions>({ stale: isBoolean, ...valueRead })
export const taggedReadOptions: OptionTable = optionTable<TaggedReadOptions>(valueRead)
export const writeOptions: OptionTable = optionTable<WriteOptions>(writes)
export const setManyOptions: OptionTable = optionTable<SetManyOptions>({ ...writes, tags: isTagsOrFunction })
export const loadOptions: OptionTable = optionTable<GetOrSetOptions>({
  ttl: isTtl,
  refresh: isBoolean,
  tags: isTags,
  ...load,
  waitForWrite: isBoolean,
  share: isBoolean,
  near: isBoolean,
  ...unansweredRead,
})
export const fieldTtlOptions: OptionTable = optionTable<FieldTtlOptions>({ ttl: isTtl, ...call })
export const setOptions: OptionTable = optionTable<SetOptions>({ nx: isBoolean, xx: isBoolean, ...writes })
export const invalidateOptions: OptionTable = optionTable<InvalidateOptions>({ soft: isSoft, ...call })
export const incrementOptions: OptionTable = optionTable<IncrementOptions>({ create: isBoolean, ttl: isTtl, ...call })
export const batchOptions: OptionTable = optionTable<BatchOptions>({ batch: isBatch, ...call })
export const scanOptions: OptionTable = optionTable<ScanOptions>(scan)
export const memberScanOptions: OptionTable = optionTable<MemberScanOptions>({ match: isText, ...scan })
export const storeOptions: OptionTable = optionTable<StoreOptions>({ ...call, destinationVersion: laterChecked })
export const zaddOptions: OptionTable = optionTable<ZaddOptions>({
  nx: isBoolean,
  xx: isBoolean,
  gt: isBoolean,
  lt: isBoolean,
  ...call,
})
export const withScoresOptions: OptionTable = optionTable<WithScoresOptions>({ ...read, withScores: isBoolean })
export const scoreRangeOptions: OptionTable = optionTable<ScoreRangeOptions>(scores)
export const rangeOptions: OptionTable = optionTable<RangeOptions>({ ...scores, rev: isBoolean, byScore: isBoolean })
export const commandOptions: OptionTable = optionTable<CommandOptions>({
  ...unansweredRead,
  intent: oneOf('read', 'write'),
  key: laterChecked,
  decode: oneOf('text', 'buffer'),
})
export const useOptions: OptionTable = optionTable<UseOptions>({
  ...unansweredRead,
  intent: oneOf('read', 'write'),
  key: laterChecked,
})
export const extendOptions: OptionTable = optionTable<{ replace: boolean }>({ replace: isBoolean })
export const lockOptions: OptionTable = optionTable<LockOptions>({
  ttl: isTtl,
  wait: isDuration,
  autoExtend: isBoolean,
  fence: isBoolean,
  ...unanswered,
})

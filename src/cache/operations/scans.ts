import { scan, sscan, zscan } from '../../clients/commands/scan.js'
import type { Value } from '../../clients/command.js'
import { matchesGlob } from '../../keys/glob.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { noOptions, type BatchOptions, type CallOptions, type MemberScanOptions, type ScanOptions } from '../options.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import { memberScanOptions, scanOptions } from '../option-checks.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'
import { ItemsOf } from '../items-of.js'
import { SeenTexts } from '../seen-texts.js'

const operations = describe({
  keys: { takes: scanOptions, outage: none },
  iterKeys: { takes: scanOptions, outage: none },
  sscan: { takes: memberScanOptions, outage: none },
  sscanIter: { takes: memberScanOptions, outage: none },
  zscan: { takes: memberScanOptions, outage: none },
  zscanIter: { takes: memberScanOptions, outage: none },
})

/**
 * Walks through keys and members, in steps. What is there from beginning to end comes once; what is written or removed
 * meanwhile may or may not. Each step has the deadline for itself, and an outage ends the walk when the call is fail-safe.
 */
export class Scans extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Resolves to the keys that match a glob, as they were given.
   * @example
   * const keys = await cache.keys('user:*')
   */
  async keys(pattern: string, options: ScanOptions = noOptions): Promise<string[]> {
    return collect(pagesOfKeys(this.context, operations.keys, pattern, options))
  }

  /**
   * Gives the keys that match a glob one by one, while the walk goes on.
   * @example
   * for await (const key of cache.iterKeys('user:*')) console.log(key)
   */
  iterKeys(pattern: string, options: ScanOptions = noOptions): AsyncIterableIterator<string> {
    return new ItemsOf(pagesOfKeys(this.context, operations.iterKeys, pattern, options))
  }

  /** Resolves to the members of a set, of which `match` leaves out some; they are read in steps that block nobody. */
  async sscan<T>(key: Key, options: MemberScanOptions = noOptions): Promise<T[]> {
    return collect(pagesOfMembers<T>(this.context, operations.sscan, key, options))
  }

  /** Gives the members of a set one by one, while the walk goes on. */
  sscanIter<T>(key: Key, options: MemberScanOptions = noOptions): AsyncIterableIterator<T> {
    return new ItemsOf(pagesOfMembers<T>(this.context, operations.sscanIter, key, options))
  }

  /** Resolves to the members of a sorted set with their scores, in no order. */
  async zscan<T>(key: Key, options: MemberScanOptions = noOptions): Promise<[member: T, score: number][]> {
    return collect(pagesOfScored<T>(this.context, operations.zscan, key, options))
  }

  /** Gives the members of a sorted set with their scores one by one, while the walk goes on. */
  zscanIter<T>(key: Key, options: MemberScanOptions = noOptions): AsyncIterableIterator<[member: T, score: number]> {
    return new ItemsOf(pagesOfScored<T>(this.context, operations.zscanIter, key, options))
  }
}

async function* pagesOfKeys(
  context: OperationContext,
  operation: Operation,
  pattern: string,
  options: ScanOptions,
): AsyncGenerator<readonly string[]> {
  context.check(operation, options)
  const { keys } = context
  keys.checkReversible()
  const from = scan(keys.pattern(pattern, options.version), batchOf(options), 'read')
  await context.runner.turn([], forClient(options))
  for await (const page of eachOnce(context, operation, options, context.client.scan(from, forClient(options)), itself))
    yield keys.reverseMany(page, options.version)
}

async function* pagesOfMembers<T>(
  context: OperationContext,
  operation: Operation,
  key: Key,
  options: MemberScanOptions,
): AsyncGenerator<readonly T[]> {
  const made = context.key(operation, key, options)
  await context.runner.turn([made], forClient(options))
  const pages = context.client.scan(sscan(made, batchOf(options), context.codec.reads), forClient(options))
  for await (const page of eachOnce(context, operation, options, pages, identityOf)) {
    const members = await context.reader.decodeAll<T>(operation, options, page, made)
    yield members.filter((member) => fits(member, options))
  }
}

async function* pagesOfScored<T>(
  context: OperationContext,
  operation: Operation,
  key: Key,
  options: MemberScanOptions,
): AsyncGenerator<readonly [member: T, score: number][]> {
  const made = context.key(operation, key, options)
  await context.runner.turn([made], forClient(options))
  const pages = context.client.scan(zscan(made, batchOf(options), context.codec.reads), forClient(options))
  for await (const page of eachOnce(context, operation, options, pages, ([member]) => identityOf(member))) {
    const members = await context.reader.decodeScored<T>(operation, options, page, made)
    yield members.filter(([member]) => fits(member, options))
  }
}

/** Gives pages without the items that came before; an outage ends them when the call is fail-safe. */
async function* eachOnce<Item>(
  context: OperationContext,
  operation: Operation,
  options: CallOptions,
  pages: AsyncIterable<readonly Item[]>,
  identity: (item: Item) => string,
): AsyncGenerator<readonly Item[]> {
  const seen = new SeenTexts()
  try {
    for await (const page of pages) {
      const isNew = seen.add(page.map(identity))
      yield page.filter((_, index) => isNew[index])
    }
  } catch (error) {
    context.failSafe.of(options).answer(operation, error)
  }
}

/** How much the server looks at in one step. */
export function batchOf({ batch = 1_000 }: BatchOptions): number {
  return toWholeNumber(batch, 1, 'batch')
}

function fits(member: unknown, { match }: MemberScanOptions): boolean {
  if (match === undefined) return true
  return ['string', 'number', 'bigint'].includes(typeof member) && matchesGlob(match, String(member))
}

function itself(key: string): string {
  return key
}

function identityOf(stored: Value): string {
  return typeof stored === 'string' ? stored : Buffer.from(stored).toString('latin1')
}

async function collect<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const all: Item[] = []
  for await (const page of pages) for (const item of page) all.push(item)
  return all
}

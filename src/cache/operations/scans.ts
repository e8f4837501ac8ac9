import { scan, sscan, zscan } from '../../clients/commands/scan.js'
import type { Value } from '../../clients/command.js'
import { matchesGlob } from '../../keys/glob.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import { noOptions, type BatchOptions, type MemberScanOptions, type ScanOptions } from '../options.js'
import { describe, none, type Operation, type OperationTable } from '../operation.js'
import { memberScanOptions, scanOptions } from '../option-checks.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

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
 * meanwhile may or may not. Each step has the deadline for itself, and an outage ends the walk when the cache is fail-safe.
 */
export class Scans extends Operations {
  static readonly operations: OperationTable = operations

  /** The keys that match a glob, as they were given. */
  async keys(pattern: string, options: ScanOptions = noOptions): Promise<string[]> {
    return collect(walkKeys(this.context, operations.keys, pattern, options))
  }

  /** As {@link keys}, one by one, while the walk goes on. */
  iterKeys(pattern: string, options: ScanOptions = noOptions): AsyncIterableIterator<string> {
    return walkKeys(this.context, operations.iterKeys, pattern, options)
  }

  /** The members of a set, of which `match` leaves out some; all of them, in steps that block nobody. */
  async sscan<T>(key: Key, options: MemberScanOptions = noOptions): Promise<T[]> {
    return collect(walkMembers<T>(this.context, operations.sscan, key, options))
  }

  /** As {@link sscan}, one by one, while the walk goes on. */
  sscanIter<T>(key: Key, options: MemberScanOptions = noOptions): AsyncIterableIterator<T> {
    return walkMembers(this.context, operations.sscanIter, key, options)
  }

  /** The members of a sorted set with their scores, in no order. */
  async zscan<T>(key: Key, options: MemberScanOptions = noOptions): Promise<[member: T, score: number][]> {
    return collect(walkScored<T>(this.context, operations.zscan, key, options))
  }

  /** As {@link zscan}, one by one, while the walk goes on. */
  zscanIter<T>(key: Key, options: MemberScanOptions = noOptions): AsyncIterableIterator<[member: T, score: number]> {
    return walkScored(this.context, operations.zscanIter, key, options)
  }
}

async function* walkKeys(
  context: OperationContext,
  operation: Operation,
  pattern: string,
  options: ScanOptions,
): AsyncGenerator<string> {
  const { keys } = context
  context.check(operation, options)
  keys.checkReversible()
  const pages = scan(keys.pattern(pattern, options.version), batchOf(options), 'read')
  await context.runner.turn([], forClient(options))
  for await (const made of eachOnce(context, operation, context.client.scan(pages, forClient(options)), String))
    yield keys.reverse(made, options.version)
}

async function* walkMembers<T>(
  context: OperationContext,
  operation: Operation,
  key: Key,
  options: MemberScanOptions,
): AsyncGenerator<T> {
  const made = context.key(operation, key, options)
  await context.runner.turn([made], forClient(options))
  const pages = context.client.scan(sscan(made, batchOf(options), context.codec.reads), forClient(options))
  for await (const stored of eachOnce(context, operation, pages, identityOf)) {
    const member = await context.decode<T>(operation, stored, made)
    if (member !== undefined && fits(member, options)) yield member
  }
}

async function* walkScored<T>(
  context: OperationContext,
  operation: Operation,
  key: Key,
  options: MemberScanOptions,
): AsyncGenerator<[member: T, score: number]> {
  const made = context.key(operation, key, options)
  await context.runner.turn([made], forClient(options))
  const pages = context.client.scan(zscan(made, batchOf(options), context.codec.reads), forClient(options))
  for await (const [stored, score] of eachOnce(context, operation, pages, ([member]) => identityOf(member))) {
    const member = await context.decode<T>(operation, stored, made)
    if (member !== undefined && fits(member, options)) yield [member, score]
  }
}

/** Gives every item once. */
async function* eachOnce<Item>(
  context: OperationContext,
  operation: Operation,
  pages: AsyncIterable<readonly Item[]>,
  identity: (item: Item) => string,
): AsyncGenerator<Item> {
  const seen = new Set<string>()
  try {
    for await (const page of pages)
      for (const item of page) {
        const { size } = seen
        if (seen.add(identity(item)).size > size) yield item
      }
  } catch (error) {
    context.failSafe.answer(operation, error)
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

function identityOf(stored: Value): string {
  return typeof stored === 'string' ? stored : Buffer.from(stored).toString('latin1')
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = []
  for await (const item of items) all.push(item)
  return all
}

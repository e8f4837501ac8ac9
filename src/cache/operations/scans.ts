import type { Client } from '../../clients/client.js'
import { scan, sscan, zscan } from '../../clients/commands/scan.js'
import type { Value } from '../../clients/command.js'
import { matchesGlob } from '../../keys/glob.js'
import type { Key } from '../../keys/key-maker.js'
import { toWholeNumber } from '../../units.js'
import type { Survivable } from '../fail-safe.js'
import type { BatchOptions, MemberScanOptions, ScanOptions } from '../options.js'
import { forClient, type OperationParts } from './base.js'
import { SortedSets } from './sorted-sets.js'

/**
 * Walks through keys and members, in steps. What is there from beginning to end comes once; what is written or removed
 * meanwhile may or may not. Each step has the deadline for itself, and an outage ends the walk when the cache is fail-safe.
 */
export abstract class Scans extends SortedSets {
  protected readonly client: Client

  constructor(parts: OperationParts, client: Client) {
    super(parts)
    this.client = client
  }

  /** The keys that match a glob, as they were given. */
  async keys(pattern: string, options: ScanOptions = {}): Promise<string[]> {
    return collect(this.#keys('keys', pattern, options))
  }

  /** As {@link keys}, one by one, while the walk goes on. */
  iterKeys(pattern: string, options: ScanOptions = {}): AsyncIterableIterator<string> {
    return this.#keys('iterKeys', pattern, options)
  }

  /** The members of a set, of which `match` leaves out some; all of them, in steps that block nobody. */
  async sscan<T>(key: Key, options: MemberScanOptions = {}): Promise<T[]> {
    return collect(this.#members<T>('sscan', key, options))
  }

  /** As {@link sscan}, one by one, while the walk goes on. */
  sscanIter<T>(key: Key, options: MemberScanOptions = {}): AsyncIterableIterator<T> {
    return this.#members('sscanIter', key, options)
  }

  /** The members of a sorted set with their scores, in no order. */
  async zscan<T>(key: Key, options: MemberScanOptions = {}): Promise<[member: T, score: number][]> {
    return collect(this.#scored<T>('zscan', key, options))
  }

  /** As {@link zscan}, one by one, while the walk goes on. */
  zscanIter<T>(key: Key, options: MemberScanOptions = {}): AsyncIterableIterator<[member: T, score: number]> {
    return this.#scored('zscanIter', key, options)
  }

  async *#keys(operation: 'keys' | 'iterKeys', pattern: string, options: ScanOptions): AsyncGenerator<string> {
    const { keys } = this.parts
    keys.checkReversible()
    const pages = scan(keys.pattern(pattern, options.version), batchOf(options), 'read')
    for await (const made of this.#walk(operation, this.client.scan(pages, forClient(options)), String))
      yield keys.reverse(made, options.version)
  }

  async *#members<T>(operation: 'sscan' | 'sscanIter', key: Key, options: MemberScanOptions): AsyncGenerator<T> {
    const made = this.makeKey(key, options)
    const pages = this.client.scan(sscan(made, batchOf(options), this.parts.codec.reads), forClient(options))
    for await (const stored of this.#walk(operation, pages, identityOf)) {
      const member = await this.decode<T>(operation, stored, made)
      if (member !== undefined && fits(member, options)) yield member
    }
  }

  async *#scored<T>(
    operation: 'zscan' | 'zscanIter',
    key: Key,
    options: MemberScanOptions,
  ): AsyncGenerator<[member: T, score: number]> {
    const made = this.makeKey(key, options)
    const pages = this.client.scan(zscan(made, batchOf(options), this.parts.codec.reads), forClient(options))
    for await (const [stored, score] of this.#walk(operation, pages, ([member]) => identityOf(member))) {
      const member = await this.decode<T>(operation, stored, made)
      if (member !== undefined && fits(member, options)) yield [member, score]
    }
  }

  /** Every item once. */
  async *#walk<Item>(
    operation: Survivable,
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
      this.parts.failSafe.answer(operation, error)
    }
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

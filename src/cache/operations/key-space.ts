import { scan } from '../../clients/commands/scan.js'
import { flushDatabase } from '../../clients/commands/server.js'
import { unlink } from '../../clients/commands/strings.js'
import type { BatchOptions, CallOptions } from '../options.js'
import { forClient } from './base.js'
import { batchOf, Scans } from './scans.js'

/** All keys of this prefix and version, and of the database. */
export abstract class KeySpace extends Scans {
  /** Deletes the keys that match a glob, a batch at a time; how many there were. Each batch has its own deadline. */
  async deletePattern(pattern: string, options: BatchOptions = {}): Promise<number> {
    return this.#remove('deletePattern', this.parts.keys.pattern(pattern, options.version), options)
  }

  /** Deletes every key of this prefix and version, in batches; how many there were. Each batch has its own deadline. */
  async clear(options: CallOptions = {}): Promise<number> {
    const { keys } = this.parts
    const [removed] = await Promise.all([
      this.#remove('clear', keys.pattern('*', options.version), options),
      this.#remove('clear', keys.helperPattern(options.version), options),
    ])
    return removed
  }

  /** Empties the whole database, also of what others keep there. */
  async flushDb(options: CallOptions = {}): Promise<void> {
    return this.client.execute(flushDatabase(), forClient(options))
  }

  async #remove(operation: 'deletePattern' | 'clear', pattern: string, options: BatchOptions): Promise<number> {
    const pages = this.client.scan(scan(pattern, batchOf(options), 'write'), forClient(options))
    let removed = 0
    try {
      for await (const page of pages)
        if (page.length > 0) removed += await this.client.execute(unlink(page), forClient(options))
    } catch (error) {
      removed += this.parts.failSafe.answer(operation, error)
    }
    return removed
  }
}

import { scan } from '../../clients/commands/scan.js'
import { flushDatabase } from '../../clients/commands/server.js'
import { unlink } from '../../clients/commands/strings.js'
import type { BatchOptions, CallOptions } from '../options.js'
import { batchOf } from './scans.js'
import { describe, rejects, type Operation, type OperationTable } from '../operation.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

const operations = describe({
  deletePattern: { outage: 0 },
  clear: { outage: 0 },
  flushDb: { outage: rejects },
})

/** All keys of this prefix and version, and of the database. */
export class KeySpace extends Operations {
  static readonly operations: OperationTable = operations

  /** Deletes the keys that match a glob, a batch at a time; how many there were. Each batch has its own deadline. */
  async deletePattern(pattern: string, options: BatchOptions = {}): Promise<number> {
    return removeMatching(
      this.context,
      operations.deletePattern,
      this.context.keys.pattern(pattern, options.version),
      options,
    )
  }

  /** Deletes every key of this prefix and version, in batches; how many there were. Each batch has its own deadline. */
  async clear(options: CallOptions = {}): Promise<number> {
    const { keys } = this.context
    const [removed] = await Promise.all([
      removeMatching(this.context, operations.clear, keys.pattern('*', options.version), options),
      removeMatching(this.context, operations.clear, keys.helperPattern(options.version), options),
    ])
    return removed
  }

  /** Empties the whole database, also of what others keep there. */
  async flushDb(options: CallOptions = {}): Promise<void> {
    return this.context.client.execute(flushDatabase(), forClient(options))
  }
}

async function removeMatching(
  context: OperationContext,
  operation: Operation<number>,
  pattern: string,
  options: BatchOptions,
): Promise<number> {
  const pages = context.client.scan(scan(pattern, batchOf(options), 'write'), forClient(options))
  let removed = 0
  try {
    for await (const page of pages)
      if (page.length > 0) removed += await context.client.execute(unlink(page), forClient(options))
  } catch (error) {
    removed += context.failSafe.answer(operation, error)
  }
  return removed
}

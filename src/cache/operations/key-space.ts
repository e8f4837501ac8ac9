import { scan } from '../../clients/commands/scan.js'
import { flushDatabase } from '../../clients/commands/server.js'
import { unlinkNow } from '../../clients/commands/strings.js'
import type { CallOptions as ClientOptions } from '../../clients/client.js'
import { total } from '../../clients/split.js'
import { matchesGlob } from '../../keys/glob.js'
import { settleAll } from '../../promises.js'
import { fleetLocks } from '../fleet/fleet-writes.js'
import { noOptions, type BatchOptions, type CallOptions, type Unanswered } from '../options.js'
import { batchOf } from './scans.js'
import { describe, rejects, type Operation, type OperationTable } from '../operation.js'
import { batchOptions, callOptions, unansweredOptions } from '../option-checks.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

const operations = describe({
  deletePattern: { takes: batchOptions, outage: 0 },
  clear: { takes: callOptions, outage: 0 },
  flushDb: { takes: unansweredOptions, outage: rejects },
})

/** All keys of this prefix and version, and of the database. */
export class KeySpace extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Deletes the keys that match a glob, a batch at a time. Resolves to how many there were. Each batch has its own
   * deadline.
   */
  async deletePattern(pattern: string, options: BatchOptions = noOptions): Promise<number> {
    this.context.check(operations.deletePattern, options)
    const made = this.context.keys.pattern(pattern, options.version)
    return afterLoads(endLoads(this.context, operations.deletePattern, pattern, options), () =>
      removeMatching(this.context, operations.deletePattern, made, options),
    )
  }

  /**
   * Deletes every key of this prefix and version, in batches, and resolves to how many there were. Each batch has its own
   * deadline. What is known of tags stays, so that a value that is being loaded meanwhile is still judged by them.
   * @example
   * await cache.clear()
   * @throws {UnsupportedError} E_UNSUPPORTED when `keyFunction` makes keys that cannot be told from those of others
   */
  async clear(options: CallOptions = noOptions): Promise<number> {
    this.context.check(operations.clear, options)
    const { keys } = this.context
    const own = keys.ownPattern(options.version)
    return afterLoads(endLoads(this.context, operations.clear, '*', options), async () => {
      const [removed = 0] = await settleAll([
        removeMatching(this.context, operations.clear, own, options),
        removeMatching(this.context, operations.clear, keys.helperPattern(options.version), options, (key) =>
          keys.isOfTags(key, options.version),
        ),
      ])
      return removed
    })
  }

  /** Empties the whole database, also of what others keep there. */
  async flushDb(options: Unanswered<CallOptions> = noOptions): Promise<void> {
    this.context.check(operations.flushDb, options)
    return this.context.runner.run(flushDatabase(), forClient(options))
  }
}

/** Comes first, so that no other process writes an older value of a key that was passed already. */
async function endLoads(
  context: OperationContext,
  operation: Operation<number>,
  pattern: string,
  options: BatchOptions,
): Promise<void> {
  if (context.loading.singleFlight !== 'fleet') return
  await removeMatching(context, operation, context.keys.besidePattern(fleetLocks, pattern, options.version), options)
}

/** Removes also where the loads of some shard could not be ended, so that the others are done; rejects after that. */
async function afterLoads(ended: Promise<void>, remove: () => Promise<number>): Promise<number> {
  const [, removed = 0] = await settleAll([ended.then(() => 0), ended.then(remove, remove)])
  return removed
}

/** Deletes keys where they are found, beside each other where there are several shards; all have ended when it rejects. */
async function removeMatching(
  context: OperationContext,
  operation: Operation<number>,
  pattern: string,
  options: BatchOptions,
  stays: (key: string) => boolean = () => false,
): Promise<number> {
  await context.runner.turn([], forClient(options))
  context.writes.onWriteWhere((key) => matchesGlob(pattern, key))
  const shards = context.client.shards?.() ?? []
  const places = shards.length === 0 ? [forClient(options)] : shards.map((shard) => ({ ...forClient(options), shard }))
  const remove = async (place: ClientOptions): Promise<number> => {
    let removed = 0
    try {
      for await (const page of context.client.scan(scan(pattern, batchOf(options), 'write'), place)) {
        const gone = page.filter((key) => !stays(key))
        if (gone.length > 0) removed += await context.runner.run(unlinkNow(gone), place)
      }
    } catch (error) {
      removed += context.failSafe.of(options).answer(operation, error)
    }
    return removed
  }
  return total(await settleAll(places.map(remove)))
}

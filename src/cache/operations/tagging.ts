import { toMilliseconds, type Milliseconds } from '../../units.js'
import { describe, rejects, type OperationTable } from '../operation.js'
import { invalidateOptions } from '../option-checks.js'
import { noOptions, type InvalidateOptions } from '../options.js'
import { tagsOf } from '../tags/tag-names.js'
import { checkFramed } from '../tags/tagged.js'
import { Operations } from './base.js'
import { forClient } from './context.js'

const operations = describe({
  invalidateTags: { takes: invalidateOptions, outage: rejects },
})

/** What values have in common, and how they are invalidated together. */
export class Tagging extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Invalidates every value that has one of these tags, however many there are: each is a miss from then on, also one that
   * is being loaded meanwhile. With `soft` they are stale, and invalid later. Rejects as a write does, and then some of the
   * tags may be invalidated.
   * @example
   * await cache.invalidateTags(['author:7'])
   */
  async invalidateTags(tags: Iterable<string>, options: InvalidateOptions = noOptions): Promise<void> {
    const { context } = this
    context.check(operations.invalidateTags, options)
    const list = tagsOf(tags)
    const keys = context.tags.keysOf(list, options.version)
    checkFramed(context.codec.framed, 'invalidateTags()')
    if (keys.length === 0) return
    try {
      await context.tags.invalidate(keys, softOf(options), options.version, forClient(options))
    } finally {
      context.writes.onInvalidation(list)
    }
  }
}

/** After how many ms stale values become invalid: 0 is never, and `undefined` at once. */
function softOf({ soft = false }: InvalidateOptions): Milliseconds | undefined {
  if (typeof soft === 'boolean') return soft ? 0 : undefined
  const ms = Math.ceil(toMilliseconds(soft, 'soft'))
  return ms > 0 ? ms : undefined
}

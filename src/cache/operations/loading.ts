import { get } from '../../clients/commands/strings.js'
import { ClosedError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show } from '../../units.js'
import { noOptions, type Loader, type ReadOptions, type TtlOptions } from '../options.js'
import { isOfAnotherType, write } from './values.js'
import { describe, rejects, type OperationTable } from '../operation.js'
import { loadOptions } from '../option-checks.js'
import { Operations } from './base.js'
import { forClient, type OperationContext } from './context.js'

const operations = describe({
  getOrSet: { takes: loadOptions, outage: rejects },
})

/** Values that are made when they are missing. */
export class Loading extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * The value, or what the loader makes of it, which is then kept. One loader at a time runs for a key in this process.
   * A loader's error reaches every caller; when no server can be used, or the cache was closed meanwhile, the loader's
   * value is returned and not kept.
   */
  async getOrSet<T>(key: Key, loader: Loader<T>, options: TtlOptions & ReadOptions = noOptions): Promise<T> {
    const made = this.context.key(operations.getOrSet, key, options)
    if (typeof loader !== 'function') throw new TypeError(`A loader must be a function, got ${show(loader)}.`)
    this.context.ttlOf(options)
    const { found, reachable } = await look<T>(this.context, made, options)
    if (found !== undefined) return found
    const { signal, ...shared } = options
    return this.context.flights.join(
      made,
      async (aborted) => {
        const value = await loader({ signal: aborted })
        if (value !== undefined && reachable)
          await write(this.context, operations.getOrSet, key, value, shared).catch((error: unknown) => {
            if (!(error instanceof ClosedError)) this.context.failSafe.survive(operations.getOrSet, error)
          })
        return value
      },
      signal,
    )
  }
}

async function look<T>(
  context: OperationContext,
  made: string,
  options: ReadOptions,
): Promise<{ readonly found: T | undefined; readonly reachable: boolean }> {
  const { runner, codec, failSafe } = context
  try {
    const stored = await runner.run(get(made, codec.reads), forClient(options))
    return { found: await context.decode<T>(operations.getOrSet, stored, made), reachable: true }
  } catch (error) {
    if (isOfAnotherType(error)) return { found: undefined, reachable: true }
    failSafe.survive(operations.getOrSet, error)
    return { found: undefined, reachable: false }
  }
}

import { get } from '../../clients/commands/strings.js'
import { ClosedError } from '../../errors.js'
import type { Key } from '../../keys/key-maker.js'
import { show } from '../../units.js'
import type { Loader, ReadOptions, TtlOptions } from '../options.js'
import { SingleFlight } from '../single-flight.js'
import { forClient } from './base.js'
import { KeySpace } from './key-space.js'
import { isOfAnotherType } from './values.js'

/** Values that are made when they are missing. */
export abstract class Loading extends KeySpace {
  readonly #flights = new SingleFlight()

  /**
   * The value, or what the loader makes of it, which is then kept. One loader at a time runs for a key in this process.
   * A loader's error reaches every caller; when no server can be used, or the cache was closed meanwhile, the loader's
   * value is returned and not kept.
   */
  async getOrSet<T>(key: Key, loader: Loader<T>, options: TtlOptions & ReadOptions = {}): Promise<T> {
    const made = this.makeKey(key, options)
    if (typeof loader !== 'function') throw new TypeError(`A loader must be a function, got ${show(loader)}.`)
    this.ttlOf(options)
    const { found, reachable } = await this.#look<T>(made, options)
    if (found !== undefined) return found
    const { signal, ...shared } = options
    return this.#flights.join(
      made,
      async (aborted) => {
        const value = await loader({ signal: aborted })
        if (value !== undefined && reachable)
          await this.set(key, value, shared).catch((error: unknown) => {
            if (!(error instanceof ClosedError)) this.parts.failSafe.survive('set', error)
          })
        return value
      },
      signal,
    )
  }

  async #look<T>(
    made: string,
    options: ReadOptions,
  ): Promise<{ readonly found: T | undefined; readonly reachable: boolean }> {
    const { runner, codec, failSafe } = this.parts
    try {
      const stored = await runner.run(get(made, codec.reads), forClient(options))
      return { found: await this.decode<T>('get', stored, made), reachable: true }
    } catch (error) {
      if (isOfAnotherType(error)) return { found: undefined, reachable: true }
      failSafe.survive('get', error)
      return { found: undefined, reachable: false }
    }
  }
}

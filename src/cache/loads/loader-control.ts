import type { LoaderContext } from '../options.js'
import { resolveTtl } from '../ttl.js'
import { tagsOf } from '../tags/tag-names.js'
import { checkFramed } from '../tags/tagged.js'
import type { Said } from './outcome.js'

/** What a loader is given, and what it says by it. */
export class LoaderControl {
  readonly context: LoaderContext
  readonly #said: { -readonly [Name in keyof Said]: Said[Name] } = { ttl: undefined, skipped: false }
  #controller: AbortController | undefined
  #reason: Error | undefined

  /** @param framed whether values may have frames, without which they have no tags */
  constructor(stale: unknown, framed: boolean) {
    const signal = (): AbortSignal => this.#signal()
    const said = this.#said
    this.context = {
      // Made when it is first asked for: most loaders never do, and a signal costs 20 µs.
      get signal() {
        return signal()
      },
      stale,
      setTtl: (ttl) => void (said.ttl = { ms: resolveTtl(ttl, 'setTtl()') }),
      setTags: (tags) => {
        checkFramed(framed, 'setTags()')
        said.tags = [...(said.tags ?? []), ...tagsOf(tags)]
      },
      skip: () => void (said.skipped = true),
    }
  }

  get said(): Said {
    return this.#said
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }

  #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }
}

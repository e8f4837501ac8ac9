import { ConfigurationError } from '../../errors.js'
import type { LoaderContext } from '../options.js'
import { resolveTtl } from '../ttl.js'
import { tagsOf } from '../tags/tag-names.js'
import { checkFramed } from '../tags/tagged.js'
import { LazyAbort } from './lazy-abort.js'
import type { Said } from './outcome.js'

/**
 * Whether a loader may tag its value. `'no frame'`: no value of the cache has tags · `'not declared'`: nothing said before
 * the loader began that it might, and the number of the last invalidation was not read.
 */
export type TagsOfLoader = 'any' | 'no frame' | 'not declared'

/** What a loader is given, and what it says by it. */
export class LoaderControl {
  readonly context: LoaderContext
  readonly #said: { -readonly [Name in keyof Said]: Said[Name] } = { ttl: undefined, skipped: false }
  readonly #aborting = new LazyAbort()

  constructor(stale: unknown, tagging: TagsOfLoader) {
    const said = this.#said
    const aborting = this.#aborting
    this.context = {
      get signal() {
        return aborting.signal
      },
      stale,
      setTtl: (ttl) => void (said.ttl = { ms: resolveTtl(ttl, 'setTtl()') }),
      setTags: (tags) => {
        checkMayTag(tagging)
        said.tags = [...(said.tags ?? []), ...tagsOf(tags)]
      },
      skip: () => void (said.skipped = true),
    }
  }

  get said(): Said {
    return this.#said
  }

  abort(reason: Error): void {
    this.#aborting.abort(reason)
  }
}

/** @throws {ConfigurationError} E_CONFIG when tags would be of no use */
function checkMayTag(tagging: TagsOfLoader): void {
  checkFramed(tagging !== 'no frame', 'setTags()')
  if (tagging === 'any') return
  const problem =
    'the number of the last invalidation was not read before this loader began; declare the context as a parameter of the loader, or give tags at the call'
  throw new ConfigurationError('setTags()', problem)
}

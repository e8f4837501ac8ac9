import type { Codec } from '../codec/codec.js'
import type { Value } from '../codec/value.js'
import type { Loader, LoaderContext } from './options.js'

/** Writes an encoded value back. A load that is detached aborts the signal, so that what was not sent never is. */
export type WriteBack = (encoded: Value, signal: AbortSignal) => Promise<void>

/** What one load is made of. */
export interface LoadParts {
  /** The key as the server knows it. */
  readonly key: string
  readonly loader: Loader<unknown>
  readonly codec: Codec
  /** `undefined`: the value is not kept. */
  readonly writeBack: WriteBack | undefined
  /** Told of a write back that failed, and whether a caller waits for it; what it throws is that caller's. */
  readonly onFailedWrite: (error: unknown, awaited: boolean) => void
}

/**
 * One run of a loader, and what becomes of its value. The loader begins when the load is made.
 * A load is *detached* when its key is written while it runs: it still answers those who wait for it, and its value is
 * not written back.
 */
export class Load {
  readonly key: string
  /** Settles when the value is there and encoded; rejects with the error of the loader or of the codec. */
  readonly loaded: Promise<void>
  /** How many callers wait for this load. */
  waiters = 0
  /** How many of them wait for the write back too, and get its error. */
  writeWaiters = 0
  readonly #parts: LoadParts
  readonly #loading = new LoaderSignal()
  readonly #writing = new AbortController()
  #state: 'loading' | 'writing' | 'over' = 'loading'
  #kept: Promise<void> = Promise.resolve()
  #value: unknown
  #encoded: Value | undefined
  #taken = false
  #shared: { readonly value: unknown } | undefined

  constructor(parts: LoadParts) {
    this.key = parts.key
    this.#parts = parts
    this.loaded = this.#load()
  }

  /** Whether the loader has not ended yet. */
  get running(): boolean {
    return this.#state === 'loading'
  }

  /** Whether the value is there and its write back has begun; it may have settled. */
  get inHand(): boolean {
    return this.#state === 'writing'
  }

  /** Settles when the value is there and was written back; rejects with what kept it from being so. */
  async kept(): Promise<void> {
    await this.loaded
    await this.#kept
  }

  /** Keeps the value from being written back; a write that was not sent yet is withdrawn. */
  detach(): void {
    this.#writing.abort(new DOMException('The key was written while its value was loaded', 'AbortError'))
  }

  /** Detaches the load and aborts the loader's signal. */
  abandon(): void {
    this.detach()
    this.#loading.abort(new DOMException('Nobody waits for this value any more', 'AbortError'))
  }

  /**
   * Gives the value to one caller: the loader's own to the first, and to each other one that is decoded anew, as with
   * `get`. Those who share all get one and the same.
   */
  take(share: boolean): unknown {
    if (!share) return this.#takeOne()
    this.#shared ??= { value: this.#takeOne() }
    return this.#shared.value
  }

  async #load(): Promise<void> {
    const { key, loader, codec } = this.#parts
    const value = await loader(this.#loading.context)
    this.#encoded = value === undefined ? undefined : await codec.encode(value, key)
    this.#value = value
    this.#kept = this.#write()
  }

  /** Hands the write to the client before anybody gets the value: a `delete` of theirs comes after it. */
  async #write(): Promise<void> {
    const { writeBack, onFailedWrite } = this.#parts
    const { signal } = this.#writing
    this.#state = 'over'
    if (this.#encoded === undefined || writeBack === undefined || signal.aborted) return
    this.#state = 'writing'
    try {
      await writeBack(this.#encoded, signal)
    } catch (error) {
      if (!signal.aborted) onFailedWrite(error, this.writeWaiters > 0)
    }
  }

  #takeOne(): unknown {
    const mine = !this.#taken || this.#encoded === undefined || !isMutable(this.#value)
    this.#taken = true
    return mine ? this.#value : this.#parts.codec.decode(this.#encoded as Value, this.key)
  }
}

/** The signal of a loader, made when the loader first asks for it: most never do, and a signal costs 20 µs. */
class LoaderSignal {
  readonly context: LoaderContext
  #controller: AbortController | undefined
  #reason: Error | undefined

  constructor() {
    const signal = (): AbortSignal => this.#made()
    this.context = {
      get signal() {
        return signal()
      },
    }
  }

  abort(reason: Error): void {
    this.#reason ??= reason
    this.#controller?.abort(reason)
  }

  #made(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason !== undefined) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }
}

function isMutable(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

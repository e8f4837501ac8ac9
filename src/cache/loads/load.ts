import type { Codec } from '../../codec/codec.js'
import type { Value } from '../../codec/value.js'
import { Alarm, loopClock } from '../../connection/deadlines.js'
import { CommandTimeoutError } from '../../errors.js'
import { isPromise } from '../../promises.js'
import type { CacheTelemetry } from '../../telemetry/cache-telemetry.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import type { Operation } from '../operation.js'
import type { Loader } from '../options.js'
import { LoaderControl, type TagsOfLoader } from './loader-control.js'
import { LazyAbort } from './lazy-abort.js'
import type { LoadGuard } from './load-guard.js'
import type { LoadRequest } from './load-request.js'
import type { Replaces } from './outcome.js'
import type { WriteBack } from './write-back.js'

/** What one load is made of. */
export interface LoadParts {
  /** The key as the server knows it. */
  readonly key: string
  /** Who asked for it. */
  readonly operation: Operation
  readonly loader: Loader<unknown>
  readonly telemetry: CacheTelemetry
  readonly codec: Codec
  readonly writeBack: WriteBack
  /** Keeps loads of other processes from running beside it. @default only loads of this process wait for each other */
  readonly guard: LoadGuard | undefined
  /** The stale value that is there, for the loader. */
  readonly stale: unknown
  /** After how long the loader is given up, in ms; `undefined`: never. */
  readonly deadline: Milliseconds | undefined
  /** Told just before the value is handed to the client to be written. */
  readonly onWrite: () => void
  /** Told when another process has written the key while the loader ran, or may load it too: the value is out of date. */
  readonly onLost: () => void
  /** Told of a write back that failed, and whether a caller waits for it; what it throws is that caller's. */
  readonly onFailedWrite: (error: unknown, awaited: boolean) => void
}

/**
 * One run of a loader, and what becomes of its value. The loader begins when the load is made; where its value may have
 * tags, when the number of the last invalidation was read.
 * A load is *detached* when its key is written while it runs: it still answers those who wait for it, and its value is
 * not written back.
 */
export class Load {
  readonly key: string
  /** Settles when the value is there and encoded; rejects with the error of the loader or of the codec. */
  readonly loaded: Promise<void>
  readonly writeBack: WriteBack
  /** Whether it goes on whoever leaves. */
  background = false
  /** Whether new callers may join it. */
  joinable = true
  /** How many callers wait for this load. */
  waiters = 0
  /** How many of them wait for the write back too, and get its error. */
  writeWaiters = 0
  readonly #parts: LoadParts
  readonly #control: LoaderControl
  readonly #writing = new LazyAbort()
  #deadline: Alarm | undefined
  #loaderTime: Milliseconds | undefined
  #passed = false
  #begun = false
  #state: 'loading' | 'writing' | 'over' | 'failed' = 'loading'
  #abandoned = false
  #resolve!: () => void
  #reject!: (error: Error) => void
  #kept: Promise<void> = Promise.resolve()
  #value: unknown
  #encoded: Value | undefined
  #taken = false
  #shared: { readonly value: unknown } | undefined

  constructor(parts: LoadParts) {
    this.key = parts.key
    this.writeBack = parts.writeBack
    this.#parts = parts
    this.#control = new LoaderControl(parts.stale, tagsIn(parts))
    this.loaded = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Begins, once. The loader may write its own key at once: whoever tells the load of writes must know it before. */
  start(): void {
    this.#load().then(this.#resolve, (error: Error) => this.#fail(error))
  }

  /** Whether the loader has not ended yet. */
  get running(): boolean {
    return this.#state === 'loading'
  }

  /** Whether the loader was called; before that the load waits for another process. */
  get begun(): boolean {
    return this.#begun
  }

  /** Whether the value is there and its write back has begun; it may have settled. */
  get inHand(): boolean {
    return this.#state === 'writing'
  }

  /** Whether the loader failed or was given up, or what it gave cannot be encoded. */
  get failed(): boolean {
    return this.#state === 'failed'
  }

  /** Whether it was aborted since nobody waits for it. */
  get abandoned(): boolean {
    return this.#abandoned
  }

  /** Whether somebody waits for it, or its value is to be written back. */
  get wanted(): boolean {
    return this.waiters > 0 || this.#writing.reason === undefined
  }

  /** Whether it ended without a value: another process loads, and nobody waited here. */
  get passed(): boolean {
    return this.#passed
  }

  /** How long the loader took, in ms; `undefined` while it has not ended, and when another process has loaded. */
  get loaderTime(): Milliseconds | undefined {
    return this.#loaderTime
  }

  /** What is to be said of a load that takes too long. */
  get problem(): string {
    if (!this.running) return 'what was loaded is not written back'
    return this.#begun ? 'the loader has not ended' : 'another process has not ended its loader'
  }

  /** The guard of a load that runs beside this one in this process; `undefined` when this one has no right to write. */
  guardBeside(replaces: Replaces): LoadGuard | undefined {
    return this.#parts.guard?.beside(replaces)
  }

  /** Settles when the value is there and was written back; rejects with what kept it from being so. */
  async kept(): Promise<void> {
    await this.loaded
    await this.#kept
  }

  /** Keeps the value from being written back; a write that was not sent yet is withdrawn. */
  detach(): void {
    this.#writing.abort(new DOMException('The key was written while its value was loaded', 'AbortError'))
    this.#parts.guard?.end()
  }

  /** Told of an invalidation in this process. Returns whether later callers may join. */
  invalidate(tags: readonly string[]): boolean {
    return this.writeBack.stamp.invalidate(tags, this.#control.said.tags)
  }

  /** Whether the value is none for a caller who joined when so many tags had been invalidated since the loader began. */
  isInvalidFor(invalidated: number): boolean {
    return this.writeBack.stamp.isInvalid(this.#control.said.tags, invalidated)
  }

  /** Detaches the load and aborts the loader's signal. */
  abandon(): void {
    this.#abandoned = true
    this.detach()
    this.#control.abort(new DOMException('Nobody waits for this value any more', 'AbortError'))
  }

  /** Detaches the load and aborts the loader's signal; who waits for the loader gets the error at once. */
  giveUp(error: Error): void {
    this.detach()
    this.#control.abort(error)
    this.#fail(error)
  }

  /**
   * Gives the value to one caller: the loader's own to the first, and to each other one that is decoded anew, as with
   * `get`, by the caller's codec. Those who share all get one and the same.
   */
  take({ share, codec }: Pick<LoadRequest, 'share' | 'codec'>): unknown {
    if (!share) return this.#takeOne(codec)
    this.#shared ??= { value: this.#takeOne(codec) }
    return this.#shared.value
  }

  async #load(): Promise<void> {
    const { guard, deadline } = this.#parts
    this.#deadline = this.#limit(deadline)
    if (guard !== undefined && (await this.#isTheirs(guard))) return this.#deadline?.clear()
    const prepared = this.writeBack.prepare()
    if (prepared !== undefined) await prepared
    if (!this.running) return
    this.#begun = true
    this.writeBack.stamp.begin()
    const value = await this.#run()
    const encoded = await this.writeBack.encode(value, this.#control.said)
    if (!this.running) return
    this.#deadline?.clear()
    this.#value = value
    this.#encoded = encoded
    this.#kept = this.#write()
  }

  async #run(): Promise<unknown> {
    const { key, operation, telemetry } = this.#parts
    const began = monotonicClock.now()
    try {
      const value = await telemetry.load(operation.name, key, this.background, () => this.#called())
      this.#loaderTime = monotonicClock.now() - began
      telemetry.loads.ended(this.#loaderTime)
      return value
    } catch (error) {
      telemetry.loads.failed(monotonicClock.now() - began)
      throw error
    }
  }

  /** Calls the loader. A load that is given up meanwhile has failed by then, whatever the loader gives later. */
  #called(): unknown {
    const given = this.#parts.loader(this.#control.context)
    return isPromise(given) ? Promise.race([given, this.loaded]) : given
  }

  /** Whether another process has loaded the value, which is ours then. */
  async #isTheirs(guard: LoadGuard): Promise<boolean> {
    const { onLost } = this.#parts
    const { signal } = this.#control.context
    const { stamp } = this.writeBack
    const { told } = stamp
    const turn = await guard.enter({ isWanted: () => this.waiters > 0, signal, onLost })
    if (turn.kind === 'ours') this.writeBack.seen(turn.replaces)
    // What another process has written was judged before somebody joined who knows of a newer invalidation.
    if (turn.kind === 'theirs' && told !== stamp.told) return this.#isTheirs(guard)
    if (turn.kind === 'theirs') {
      this.#value = turn.value
      this.#encoded = turn.value === undefined ? undefined : turn.stored
      // Nobody gets what the guard has decoded: the codec of a memo has to hear what each object is decoded from.
      this.#taken = true
      this.#state = 'over'
    }
    // Somebody may have come while that was found out.
    if (turn.kind === 'nobody') return this.waiters > 0 ? this.#isTheirs(guard) : this.#pass()
    return turn.kind === 'theirs'
  }

  #pass(): never {
    this.joinable = false
    this.#passed = true
    throw new DOMException('Another process loads this value', 'AbortError')
  }

  /** Hands the write to the client before anybody gets the value: a `delete` of theirs comes after it. */
  async #write(): Promise<void> {
    const { onWrite, onFailedWrite } = this.#parts
    const writing = this.#writing
    this.#state = 'over'
    if (!this.writeBack.isNeeded || writing.reason !== undefined) return this.#parts.guard?.end()
    this.#state = 'writing'
    onWrite()
    try {
      await this.writeBack.write(writing)
    } catch (error) {
      if (writing.reason === undefined) onFailedWrite(error, this.writeWaiters > 0)
    } finally {
      this.#parts.guard?.end()
    }
  }

  #fail(error: Error): void {
    this.#deadline?.clear()
    this.#parts.guard?.end()
    if (this.running) this.#state = 'failed'
    this.#reject(error)
  }

  #limit(ms: Milliseconds | undefined): Alarm | undefined {
    if (ms === undefined) return undefined
    const { name } = this.#parts.operation
    const error = (): Error => new CommandTimeoutError(name, ms, false, { problem: this.problem })
    const alarm = new Alarm(() => this.giveUp(error()))
    alarm.set(loopClock.now() + ms)
    return alarm
  }

  #takeOne(codec: Codec): unknown {
    const mine = !this.#taken || this.#encoded === undefined || !isMutable(this.#value)
    this.#taken = true
    return mine ? this.#value : codec.open(this.#encoded as Value, this.key).read()
  }
}

/** Whether two callers who have the value could hear of each other by it. */
export function isMutable(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function tagsIn({ codec, writeBack }: LoadParts): TagsOfLoader {
  if (!codec.framed) return 'no frame'
  return writeBack.stamp.tags === undefined ? 'not declared' : 'any'
}

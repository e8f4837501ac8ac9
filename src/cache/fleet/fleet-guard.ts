import type { CallOptions, Client } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import type { Codec } from '../../codec/codec.js'
import type { Freshness } from '../../codec/frame.js'
import type { Value } from '../../codec/value.js'
import { onAbort } from '../../connection/on-abort.js'
import { CodecError, ReadOnlyCacheError } from '../../errors.js'
import type { KeyMaker } from '../../keys/key-maker.js'
import type { Milliseconds } from '../../units.js'
import { isFresh } from '../freshness.js'
import type { Entering, LoadGuard, LoadTurn, MakeGuard } from '../loads/load-guard.js'
import { freshnessIn, heldIn, type Replaces } from '../loads/outcome.js'
import { noOptions } from '../options.js'
import type { ServerTime } from '../server-time.js'
import type { LoadTags } from '../tags/load-tags.js'
import type { FleetLease } from './fleet-lease.js'
import { fleetLocks } from './fleet-writes.js'
import type { Fleet } from './fleet.js'
import type { FleetTurn } from './turn.js'

/** What one load is guarded with. */
export interface FleetGuardParts {
  readonly fleet: Fleet
  readonly client: Client
  readonly codec: Codec
  readonly time: ServerTime
  /** The key of the value, and that of its lock, as the server knows them. */
  readonly key: string
  readonly lock: string
  /** What the load was begun to replace. */
  readonly replaces: Replaces
  /** Whether it waits for a load of another process; one that does not is not kept when there is one. */
  readonly waits: boolean
  /** What the load knows of tags; `undefined` where there are none. */
  readonly tags: LoadTags | undefined
  /** How long the lock lasts without being renewed, in ms. */
  readonly length: Milliseconds
  /** Told why the lock could not be had; throws what is no outage. */
  readonly onOutage: (error: unknown) => void
}

/** Makes the guards of a cache's loads. */
export function fleetGuards(
  common: Pick<FleetGuardParts, 'fleet' | 'client' | 'codec' | 'time'>,
  keys: KeyMaker,
): MakeGuard {
  return (key, { policy, replaces, tags }, onOutage) => {
    const lock = keys.besideMade(fleetLocks, key)
    if (lock === undefined) return undefined
    const waits = policy.singleFlight === 'fleet'
    return new FleetGuard({ ...common, key, lock, replaces, tags, waits, length: policy.fleetLease, onOutage })
  }
}

/** A value that another process has written. */
interface Written {
  readonly value: unknown
  readonly stored: Value
}

/**
 * Lets the load of one key run in one process at a time. Where the lock cannot be had, the load runs without it, and its
 * value is not kept: nothing would say that it is older than what another process writes meanwhile.
 */
export class FleetGuard implements LoadGuard {
  readonly #parts: FleetGuardParts
  #lease: FleetLease | undefined
  #ended = false
  /** What the last stored value was that was no reason not to load. */
  #seen: Replaces = 'nothing'

  /** @param lease of another load of this process, which this one runs beside */
  constructor(parts: FleetGuardParts, lease?: FleetLease) {
    this.#parts = parts
    this.#lease = lease
  }

  async enter({ isWanted, signal, onLost }: Entering): Promise<LoadTurn> {
    const { fleet, key, lock, codec, replaces, waits: mayWait, length, onOutage } = this.#parts
    if (this.#lease !== undefined) return this.#ours(this.#lease, replaces, onLost)
    const wanted = (stored: Value): Promise<Written | undefined> => this.#read(stored)
    const waits = (): boolean => mayWait && isWanted()
    const takesOver = replaces === 'anything'
    try {
      const request = { key, lock, reads: codec.reads, wanted, waits, takesOver, signal }
      return this.#begin(await fleet.enter(request, length), onLost)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof ReadOnlyCacheError) return { kind: 'ours', replaces }
      onOutage(error)
      return notKept
    }
  }

  beside(replaces: Replaces): LoadGuard | undefined {
    const lease = this.#lease?.share()
    return lease === undefined ? undefined : new FleetGuard({ ...this.#parts, replaces }, lease)
  }

  async write(call: Call<unknown>, options: CallOptions): Promise<unknown> {
    const lease = this.#lease
    if (lease === undefined) return this.#parts.client.execute(call, options)
    this.#lease = undefined
    return lease.write(call, options)
  }

  end(): void {
    this.#ended = true
    this.#lease?.release()
    this.#lease = undefined
  }

  #begin(turn: FleetTurn<Written>, onLost: () => void): LoadTurn {
    const { replaces, waits } = this.#parts
    if (turn.kind === 'found') return { kind: 'theirs', ...turn.found }
    if (turn.kind !== 'leased') return turn.kind === 'held' && waits ? { kind: 'nobody' } : notKept
    this.#lease = turn.lease
    const isOld = turn.stored !== undefined && (replaces === 'nothing' || heldIn(replaces) !== undefined)
    return this.#ours(turn.lease, isOld ? this.#seen : replaces, onLost)
  }

  #ours(lease: FleetLease, replaces: Replaces, onLost: () => void): LoadTurn {
    if (this.#ended) this.end()
    onAbort(lease.lost, () => {
      if (this.#lease === lease) onLost()
    })
    return { kind: 'ours', replaces }
  }

  /** Reads a value that is fresh and was not seen before the load began. */
  async #read(stored: Value): Promise<Written | undefined> {
    const { codec, key, replaces, tags } = this.#parts
    this.#seen = { held: stored }
    const held = heldIn(replaces)
    if (held !== undefined && isSameValue(stored, held)) return undefined
    try {
      const entry = codec.open(stored, key)
      const { freshness: written, tagField } = entry.fields
      if (replaces === 'anything' || isSame(written, replaces)) return undefined
      const freshness = tagField === undefined ? written : await tags?.freshnessOf(key, entry.fields)
      if (!isFresh(freshness, await this.#now(freshness))) {
        this.#seen = written
        return undefined
      }
      const value = await entry.read()
      return value !== undefined || entry.isAbsence() ? { value, stored } : undefined
    } catch (error) {
      if (error instanceof CodecError && error.fault !== 'setup') return undefined
      throw error
    }
  }

  /** On the server's clock, which only matters to what has an end. */
  async #now(freshness: Freshness | undefined): Promise<Milliseconds> {
    const { key, time } = this.#parts
    return freshness === undefined ? 0 : (time.now(key) ?? time.ask(key, noOptions))
  }
}

/** The loader runs here, and its value is handed over only. */
const notKept: LoadTurn = Object.freeze({ kind: 'ours', replaces: undefined })

function isSameValue(one: Value, other: Value): boolean {
  return one === other || Buffer.from(one).equals(Buffer.from(other))
}

function isSame(freshness: Freshness | undefined, replaces: Replaces): boolean {
  const seen = freshnessIn(replaces)
  return freshness !== undefined && freshness.until === seen?.until && freshness.ttl === seen.ttl
}

import type { CallOptions as ClientCallOptions } from '../../clients/client.js'
import type { Call, Value } from '../../clients/command.js'
import type { Scored } from '../../clients/commands/sorted-sets.js'
import type { Codec } from '../../codec/codec.js'
import { after } from '../../codec/stages.js'
import type { ErrorReply, Reply } from '../../connection/connection.js'
import { UnsupportedError } from '../../errors.js'
import type { Key, KeyMaker } from '../../keys/key-maker.js'
import { toMilliseconds, type Milliseconds } from '../../units.js'
import type { FailSafe, Fallback, Survivable } from '../fail-safe.js'
import { listOf } from '../input.js'
import type { CallOptions, ReadOptions, TtlOptions } from '../options.js'
import { resolveTtl } from '../ttl.js'
import { allReady } from '../all-ready.js'

/** A call, or a promise of one whose values are still being encoded. */
export type Prepared<Out> = Call<Out> | Promise<Call<Out>>

/** How calls get to the servers: through a client, or gathered in a pipeline. */
export interface Runner {
  run<Out>(call: Prepared<Out>, options: ClientCallOptions): Promise<Out>
  /** In one trip; what the server refused stands in the result as an {@link ErrorReply}. */
  runMany(calls: readonly Prepared<unknown>[], options: ClientCallOptions): Promise<readonly (Reply | ErrorReply)[]>
}

/** What every operation works with. */
export interface OperationParts {
  readonly runner: Runner
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly failSafe: FailSafe
  /** Kept by default for this long; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
}

/**
 * The ground of all operations. Each group of them is one class on top of the one before, in a file of its own;
 * `Cache` stands on top of all, `Pipeline` on top of those that are one command each.
 */
export abstract class Operations {
  protected readonly parts: OperationParts

  constructor(parts: OperationParts) {
    this.parts = parts
  }

  /** The key as the server knows it. */
  makeKey(key: Key, { version }: Pick<CallOptions, 'version'> = {}): string {
    return this.parts.keys.make(key, version)
  }

  protected makeKeys(keys: Iterable<Key>, options: Pick<CallOptions, 'version'>): readonly string[] {
    return listOf(keys, 'keys').map((key) => this.makeKey(key, options))
  }

  /** Runs what `prepare` makes; an outage has the operation's own answer when the cache is fail-safe. */
  protected async call<Name extends Survivable, Out>(
    operation: Name,
    options: ReadOptions,
    prepare: () => Prepared<Out>,
  ): Promise<Out | Fallback<Name>> {
    const call = prepare()
    try {
      return await this.parts.runner.run(call, forClient(options))
    } catch (error) {
      return this.parts.failSafe.answer(operation, error)
    }
  }

  /** The same, of what was encoded for it. */
  protected callWith<Name extends Survivable, In, Out>(
    operation: Name,
    options: ReadOptions,
    encoded: In | Promise<In>,
    make: (ready: In) => Call<Out>,
  ): Promise<Out | Fallback<Name>> {
    return this.call(operation, options, () => after(encoded, make))
  }

  /** What is stored, as its user sees it. */
  protected decode<T>(
    operation: Survivable,
    stored: Value | undefined,
    key: string,
  ): T | undefined | Promise<T | undefined> {
    if (stored === undefined) return undefined
    try {
      const value = this.parts.codec.decode(stored, key) as T | Promise<T>
      if (!(value instanceof Promise)) return value
      return value.catch((error: unknown) => this.parts.failSafe.unreadable(operation, error, key))
    } catch (error) {
      return this.parts.failSafe.unreadable(operation, error, key)
    }
  }

  /** Those that can be read. */
  protected async decodeAll<T>(operation: Survivable, stored: readonly Value[], key: string): Promise<T[]> {
    const values = await allReady(stored.map((one) => this.decode<T>(operation, one, key)))
    return values.filter((value) => value !== undefined)
  }

  /** Those whose member can be read. */
  protected async decodeScored<T>(
    operation: Survivable,
    stored: readonly Scored[],
    key: string,
  ): Promise<[T, number][]> {
    const members = await allReady(stored.map(([member]) => this.decode<T>(operation, member, key)))
    return stored.flatMap(([, score], index) => {
      const member = members[index]
      return member === undefined ? [] : [[member, score]]
    })
  }

  /** Members as sets compare them. */
  protected encodeMembers(members: Iterable<unknown>, key: string): readonly Value[] | Promise<readonly Value[]> {
    return allReady(listOf(members, 'members').map((member) => this.parts.codec.encodeMember(member, key)))
  }

  /** @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted, and so bound to their key and to nobody else */
  protected checkReadable(what: string): void {
    if (!this.parts.codec.bareNumbers)
      throw new UnsupportedError(`${what}: values are encrypted, and the server cannot work with them.`)
  }

  protected ttlOf({ ttl }: TtlOptions): Milliseconds | undefined {
    return ttl === undefined ? this.parts.ttl : resolveTtl(ttl, 'ttl')
  }
}

/** The part of a call's options that the client sees. */
export function forClient({ deadline, signal, readFrom }: ReadOptions): ClientCallOptions {
  return { deadline: deadline === undefined ? undefined : toMilliseconds(deadline, 'deadline'), signal, readFrom }
}

import type { CallOptions as ClientCallOptions, Client } from '../../clients/client.js'
import type { Call, Value } from '../../clients/command.js'
import type { Scored } from '../../clients/commands/sorted-sets.js'
import type { Codec } from '../../codec/codec.js'
import { after } from '../../codec/stages.js'
import { UnsupportedError } from '../../errors.js'
import type { Key, KeyMaker } from '../../keys/key-maker.js'
import { toMilliseconds, type Milliseconds } from '../../units.js'
import { allReady } from '../all-ready.js'
import type { FailSafe } from '../fail-safe.js'
import { listOf } from '../input.js'
import type { Operation, rejects } from '../operation.js'
import type { CallOptions, ReadOptions, TtlOptions } from '../options.js'
import type { Prepared, Runner } from '../runner.js'
import { SingleFlight } from '../single-flight.js'
import { resolveTtl } from '../ttl.js'

/** What a context is made of. */
export interface OperationParts {
  readonly client: Client
  readonly runner: Runner
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly failSafe: FailSafe
  /** How long values are kept by default, in ms; `undefined`: for ever. */
  readonly ttl: Milliseconds | undefined
}

/** What operations have in common: the keys, the codec, the way to the servers, and what becomes of an outage. */
export class OperationContext implements OperationParts {
  readonly client: Client
  readonly runner: Runner
  readonly keys: KeyMaker
  readonly codec: Codec
  readonly failSafe: FailSafe
  readonly ttl: Milliseconds | undefined
  readonly flights: SingleFlight = new SingleFlight()

  constructor({ client, runner, keys, codec, failSafe, ttl }: OperationParts) {
    this.client = client
    this.runner = runner
    this.keys = keys
    this.codec = codec
    this.failSafe = failSafe
    this.ttl = ttl
  }

  /** Makes the key as the server knows it. */
  key(key: Key, { version }: Pick<CallOptions, 'version'>): string {
    return this.keys.make(key, version)
  }

  /** Makes many keys. */
  keysOf(keys: Iterable<Key>, { version }: Pick<CallOptions, 'version'>): readonly string[] {
    return listOf(keys, 'keys').map((key) => this.keys.make(key, version))
  }

  /** Runs what `prepare` makes; an outage has the operation's own answer when the cache is fail-safe. */
  async call<Answer, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    prepare: () => Prepared<Out>,
  ): Promise<Out | Exclude<Answer, typeof rejects>> {
    const call = prepare()
    try {
      return await this.runner.run(call, forClient(options))
    } catch (error) {
      return this.failSafe.answer(operation, error)
    }
  }

  /** Runs a command on one key. */
  async callOn<Answer, Out>(
    operation: Operation<Answer>,
    key: Key,
    options: ReadOptions,
    make: (made: string) => Prepared<Out>,
  ): Promise<Out | Exclude<Answer, typeof rejects>> {
    return this.call(operation, options, () => make(this.key(key, options)))
  }

  /** Runs a command that carries what may still be being encoded. */
  async callWith<Answer, In, Out>(
    operation: Operation<Answer>,
    options: ReadOptions,
    encoded: In | Promise<In>,
    make: (ready: In) => Call<Out>,
  ): Promise<Out | Exclude<Answer, typeof rejects>> {
    return this.call(operation, options, () => after(encoded, make))
  }

  /** Reads a stored value; a promise where the codec takes its time. */
  decode<T>(operation: Operation, stored: Value | undefined, key: string): T | undefined | Promise<T | undefined> {
    if (stored === undefined) return undefined
    try {
      const value = this.codec.decode(stored, key) as T | Promise<T>
      if (!(value instanceof Promise)) return value
      return value.catch((error: unknown) => this.failSafe.unreadable(operation, error, key))
    } catch (error) {
      return this.failSafe.unreadable(operation, error, key)
    }
  }

  /** Reads stored values; those that a fail-safe cache cannot read are left out. */
  async decodeAll<T>(operation: Operation, stored: readonly Value[], key: string): Promise<T[]> {
    const values = await allReady(stored.map((one) => this.decode<T>(operation, one, key)))
    return values.filter((value) => value !== undefined)
  }

  /** Reads stored members with their scores; those that a fail-safe cache cannot read are left out. */
  async decodeScored<T>(operation: Operation, stored: readonly Scored[], key: string): Promise<[T, number][]> {
    const members = await allReady(stored.map(([member]) => this.decode<T>(operation, member, key)))
    return stored.flatMap(([, score], index) => {
      const member = members[index]
      return member === undefined ? [] : [[member, score]]
    })
  }

  /** Encodes members as sets compare them. */
  encodeMembers(members: Iterable<unknown>, key: string): readonly Value[] | Promise<readonly Value[]> {
    return allReady(listOf(members, 'members').map((member) => this.codec.encodeMember(member, key)))
  }

  /** @throws {UnsupportedError} E_UNSUPPORTED when values are encrypted, and so bound to their key and to nobody else */
  checkReadable(what: string): void {
    if (!this.codec.bareNumbers)
      throw new UnsupportedError(`${what}: values are encrypted, and the server cannot work with them.`)
  }

  /** The ttl that a call asks for, or else the cache's. */
  ttlOf({ ttl }: TtlOptions): Milliseconds | undefined {
    return ttl === undefined ? this.ttl : resolveTtl(ttl, 'ttl')
  }
}

/** The part of a call's options that the client sees. */
export function forClient({ deadline, signal, readFrom }: ReadOptions): ClientCallOptions {
  return { deadline: deadline === undefined ? undefined : toMilliseconds(deadline, 'deadline'), signal, readFrom }
}

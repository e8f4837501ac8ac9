import { after } from '../promises.js'
import { wallClock, type Clock, type Milliseconds } from '../units.js'
import type { Codec, Opened } from './codec.js'
import { noFields, type Freshness } from './frame.js'
import { isDue, softDeadline } from './herd.js'
import type { PlainCodec } from './plain-codec.js'
import { PyHerdMarker, PyTuple } from './serializers/pickle/index.js'
import { checkValue } from './stages.js'
import type { Value } from './value.js'

/** What judges whether a value is due. */
export interface HerdCodecParts {
  /** In ms, 0 or more: how long after its soft deadline a value is still served, to fewer and fewer callers. */
  readonly herdTimeout: Milliseconds
  /** The clock of this host: the tuple has seconds of its writer's clock. @default the host's */
  readonly clock?: Clock
  /** From 0 to 1, 1 excluded. @default Math.random */
  readonly random?: () => number
}

/**
 * Values of a herd cache as django-valkey's HerdClient pickles them: a value with a ttl is the tuple
 * `(Marker(), value, soft deadline in whole seconds since 1970)`, any other is as the plain codec has it. So are members
 * of sets and fields of hashes.
 * Reading: `decode` gives nothing for a value that is due, which is chosen at random; `open` gives it all the same.
 * Source: django-valkey HerdClient
 */
export class HerdCodec implements Codec {
  readonly reads = 'buffer'
  readonly bareNumbers = true
  readonly framed = false
  readonly #plain: PlainCodec
  readonly #herdTimeout: Milliseconds
  readonly #clock: Clock
  readonly #random: () => number

  constructor(plain: PlainCodec, { herdTimeout, clock = wallClock, random = () => Math.random() }: HerdCodecParts) {
    this.#plain = plain
    this.#herdTimeout = herdTimeout
    this.#clock = clock
    this.#random = random
  }

  encode(value: unknown, _key: string, _field?: string, freshness?: Freshness): Value | Promise<Value> {
    if (freshness === undefined || freshness.ttl === 0) return this.#plain.encode(value)
    checkValue(value)
    return this.#plain.encode(PyTuple.of(new PyHerdMarker(), value, softDeadline(freshness.ttl, this.#clock)))
  }

  repack(stored: Value, freshness: Freshness): Value | Promise<Value> {
    return after(this.open(stored).read(), (value) => this.encode(value, '', undefined, freshness))
  }

  encodeAbsence(): never {
    return this.#plain.encodeAbsence()
  }

  encodeMember(value: unknown): Value | Promise<Value> {
    return this.#plain.encodeMember(value)
  }

  decode(stored: Value): unknown {
    return after(this.#plain.decode(stored), (value) => {
      const packed = unpack(value)
      if (packed === undefined) return value
      const late = this.#clock.now() - packed.deadline * 1_000
      return isDue(late, this.#herdTimeout, this.#random()) ? undefined : packed.value
    })
  }

  open(stored: Value): Opened {
    return {
      fields: noFields,
      read: () => after(this.#plain.decode(stored), (value) => (unpack(value) ?? { value }).value),
      isAbsence: () => false,
    }
  }
}

interface Packed {
  readonly value: unknown
  /** In seconds since 1970. */
  readonly deadline: number
}

/** What a tuple of a herd client holds; `undefined` for any other value. */
function unpack(value: unknown): Packed | undefined {
  if (!(value instanceof PyTuple) || value.length !== 3 || !(value[0] instanceof PyHerdMarker)) return undefined
  const deadline: unknown = value[2]
  return typeof deadline === 'number' ? { value: value[1], deadline } : undefined
}

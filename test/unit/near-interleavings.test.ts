import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Copy } from '../../src/cache/near/copy.js'
import { NearStore } from '../../src/cache/near/near-store.js'
import { resolveNear, type NearLimits } from '../../src/cache/near/options.js'
import type { ReadInFlight } from '../../src/cache/near/reads-in-flight.js'
import { codecOf } from '../support/codecs.js'

const codec = codecOf()
const limits = resolveNear({ maxEntries: 4 }, 'near') as NearLimits
const address = 'a:1'
const key = 'app:1:k'

/** What a server sends to one connection, in order. */
type Message = { readonly value: number; readonly read: ReadInFlight } | 'invalidate' | 'flushed'

/** One key on a server, one connection that has its changes announced, and what a near cache holds of it. */
class Model {
  readonly store = new NearStore(limits, 'app:1:')
  readonly #replies: { readonly value: number; readonly generation: number; readonly read: ReadInFlight }[] = []
  #value = 0
  #generation = 1
  #stream: Message[] = []
  #asked: ReadInFlight[] = []

  /** A caller reads the key; the server has not got to it yet. */
  ask(): void {
    this.#asked.push(this.store.begin(key))
  }

  /** The server answers the oldest read. */
  answer(): void {
    const read = this.#asked.shift()
    if (read !== undefined) this.#stream.push({ value: this.#value, read })
  }

  /** Another client writes; one of the process's own drops the copy before it is sent and when it is over. */
  write(own: boolean): void {
    if (own) this.store.onWrite([key])
    this.#value++
    this.#stream.push('invalidate')
    if (own) this.store.onWrite([key])
  }

  flushAll(): void {
    this.#value++
    this.#stream.push('flushed')
  }

  /** The next message comes in; a value is handed over a little later. */
  receive(): void {
    const message = this.#stream.shift()
    if (message === 'invalidate') this.store.invalidated([key], address)
    else if (message === 'flushed') this.store.invalidated('all', address)
    else if (message !== undefined) this.#replies.push({ ...message, generation: this.#generation })
  }

  /** The oldest value that came in is held, if it may be. */
  hold(newest = false): void {
    const reply = newest ? this.#replies.pop() : this.#replies.shift()
    if (reply === undefined) return
    const { value, read, generation } = reply
    const source = { address, generation }
    const parts = {
      codec,
      key,
      source,
      until: Infinity,
      stored: String(value),
      fields: {},
      value,
      clone: 'none' as const,
    }
    this.store.keep(read, new Copy(parts))
    this.store.end(read)
  }

  /** The connection is lost with all that is on its way; reads without a reply go again on the next one. */
  lose(): void {
    const unanswered = this.#stream.flatMap((message) => (typeof message === 'object' ? [message.read] : []))
    this.#stream = []
    this.#asked = [...unanswered, ...this.#asked]
    this.#generation++
    this.store.lost(address)
  }

  /** What is held once everything has come in; undefined: nothing. */
  settle(): number | undefined {
    while (this.#asked.length > 0) this.answer()
    while (this.#stream.length > 0) this.receive()
    while (this.#replies.length > 0) this.hold()
    return this.held
  }

  get held(): number | undefined {
    return this.store.find(key, codec, 0)?.read() as number | undefined
  }

  get value(): number {
    return this.#value
  }
}

const steps = [
  'ask',
  'ask',
  'answer',
  'answer',
  'write',
  'own',
  'receive',
  'receive',
  'hold',
  'holdNewest',
  'lose',
  'flush',
] as const
const actions: Readonly<Record<(typeof steps)[number], (model: Model) => void>> = {
  ask: (model) => model.ask(),
  answer: (model) => model.answer(),
  write: (model) => model.write(false),
  own: (model) => model.write(true),
  receive: (model) => model.receive(),
  hold: (model) => model.hold(),
  holdNewest: (model) => model.hold(true),
  lose: (model) => model.lose(),
  flush: (model) => model.flushAll(),
}

test('in 10,000 orders of reads, replies, announcements, own writes and losses no stale copy is kept', () => {
  let kept = 0
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { minLength: 4, maxLength: 30 }), (order) => {
      const model = new Model()
      for (const step of order) {
        actions[step](model)
        if (step === 'own') expect(model.held).toBeUndefined()
      }
      const held = model.settle()
      if (held !== undefined) kept++
      expect([undefined, model.value]).toContain(held)
    }),
    { numRuns: 10_000 },
  )
  expect(kept, 'orders in which something was held in the end').toBeGreaterThan(1_000)
})

test('a read that was asked before another one that is held already is not held', () => {
  const model = new Model()
  const older = model.store.begin(key)
  const newer = model.store.begin(key)
  const copyOf = (value: number): Copy =>
    new Copy({
      codec,
      key,
      source: { address, generation: 1 },
      until: Infinity,
      stored: String(value),
      fields: {},
      value,
      clone: 'none',
    })
  model.store.keep(newer, copyOf(2))
  model.store.keep(older, copyOf(1))
  expect(model.held).toBe(2)
})

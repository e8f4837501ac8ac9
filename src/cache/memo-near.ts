import { unreached } from '../clients/commands/strings.js'
import type { Key } from '../keys/key-maker.js'
import { noted, type Answers } from './memo.js'
import type { Held, ManyQuestion, Near } from './near/reads.js'
import type { Seen } from './near/seen.js'
import type { TagQuestion } from './tags/tag-numbers.js'

/**
 * Tells the answers of a memo how each object is made again that a near cache hands out: its codec does not, and what a
 * schema has made of a value is not what is stored.
 */
export class MemoNear implements Near {
  readonly #near: Near
  readonly #answers: Answers
  readonly #copies = new WeakMap<Held, Held>()

  constructor(near: Near, answers: Answers) {
    this.#near = near
    this.#answers = answers
  }

  findOwn(key: Key): Held | undefined {
    return this.#heldOf(this.#near.findOwn(key))
  }

  find(made: string): Held | undefined {
    return this.#heldOf(this.#near.find(made))
  }

  findValue(made: string): Held | undefined {
    return this.#heldOf(this.#near.findValue(made))
  }

  isServed(held: Held): boolean {
    const copy = this.#copies.get(held)
    return copy !== undefined && this.#near.isServed(copy)
  }

  drop(made: string): void {
    this.#near.drop(made)
  }

  ready(): Promise<void> | undefined {
    return this.#near.ready()
  }

  async read(made: string, question: TagQuestion, named?: readonly string[]): Promise<Seen | undefined> {
    const seen = await this.#near.read(made, question, named)
    return seen && this.#seenOf(made, seen)
  }

  async readMany(
    made: readonly string[],
    question: TagQuestion,
    more?: ManyQuestion,
  ): Promise<readonly (Seen | undefined | typeof unreached)[]> {
    const all = await this.#near.readMany(made, question, more)
    return all.map((seen, index) =>
      seen === undefined || seen === unreached ? seen : this.#seenOf(made[index] as string, seen),
    )
  }

  given<T>(value: T): T {
    const handed = this.#near.given(value)
    this.#answers.noteAs(handed, value)
    return handed
  }

  #heldOf(copy: Held | undefined): Held | undefined {
    if (copy === undefined) return undefined
    const { key, freshness, isDecoded } = copy
    const again = (): unknown => copy.again()
    const held = { key, freshness, isDecoded, again, read: () => noted(this.#answers, copy.read(), again) }
    this.#copies.set(held, copy)
    return held
  }

  #seenOf(key: string, { stored, entry }: Seen): Seen {
    const again = this.#answers.originOf(stored, key)
    const read = (): unknown => noted(this.#answers, entry.read(), again)
    return { stored, entry: { fields: entry.fields, read, isAbsence: () => entry.isAbsence() } }
  }
}

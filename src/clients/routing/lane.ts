/** What stands in line. */
export interface InLine<Call> {
  /** Its place among all. */
  readonly sequence: number
  /** @internal The neighbours in the lane. */
  before: Call | undefined
  /** @internal */
  after: Call | undefined
}

/** Calls in the order of their sequence; those that come back find their place before those that came later. */
export class Lane<Call extends InLine<Call>> implements Iterable<Call> {
  #first: Call | undefined
  #last: Call | undefined
  /** The one that came back last: the next one that comes back stands behind it, as a rule. */
  #returned: Call | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Call | undefined {
    return this.#first
  }

  add(call: Call): void {
    this.#size++
    if (this.#last === undefined || this.#last.sequence < call.sequence)
      return this.#insert(call, this.#last, undefined)
    let after = this.#returned !== undefined && this.#returned.sequence < call.sequence ? this.#returned : this.#first
    while (after !== undefined && after.sequence < call.sequence) after = after.after
    this.#insert(call, after?.before, after)
    this.#returned = call
  }

  remove(call: Call): void {
    const { before, after } = call
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    if (this.#returned === call) this.#returned = before
    call.before = call.after = undefined
    this.#size--
  }

  *[Symbol.iterator](): IterableIterator<Call> {
    for (let call = this.#first; call !== undefined;) {
      const next: Call | undefined = call.after
      yield call
      call = next
    }
  }

  #insert(call: Call, before: Call | undefined, after: Call | undefined): void {
    call.before = before
    call.after = after
    if (before === undefined) this.#first = call
    else before.after = call
    if (after === undefined) this.#last = call
    else after.before = call
  }
}

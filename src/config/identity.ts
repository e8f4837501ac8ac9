/**
 * Tells options apart that make sockets differ: equal values are equal, functions and buffers are themselves.
 * Secrets take part and stay in memory; the texts never appear anywhere.
 */
export class Identity {
  readonly #ids = new WeakMap<object, number>()
  #last = 0

  of(value: unknown): string {
    if (typeof value === 'function') return this.#id(value)
    if (value === null || typeof value !== 'object') return `${typeof value}:${JSON.stringify(value) ?? ''}`
    if (Array.isArray(value)) return `[${value.map((item) => this.of(item)).join()}]`
    if (Object.getPrototypeOf(value) !== Object.prototype) return this.#id(value)
    const fields = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${this.of(field)}`).join()}}`
  }

  #id(value: object): string {
    const id = this.#ids.get(value) ?? ++this.#last
    this.#ids.set(value, id)
    return `#${id}`
  }
}

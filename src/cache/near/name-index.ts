/** Which names something has, such as the copies of a tag or of a slot. */
export class NameIndex<Of> {
  readonly #names = new Map<Of, Set<string>>()

  add(of: Of, name: string): void {
    const names = this.#names.get(of)
    if (names === undefined) this.#names.set(of, new Set([name]))
    else names.add(name)
  }

  remove(of: Of, name: string): void {
    const names = this.#names.get(of)
    if (names?.delete(name) === true && names.size === 0) this.#names.delete(of)
  }

  /** Those that it has now, which stay as they are while names come and go. */
  of(of: Of): readonly string[] {
    const names = this.#names.get(of)
    return names === undefined ? noNames : [...names]
  }
}

const noNames: readonly string[] = []

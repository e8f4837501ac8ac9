import type { Call } from '../../clients/command.js'

interface Deletes {
  /** How many calls that delete the key are on their way. */
  running: number
  /** The place of the latest call that has written over it. */
  overwrittenAt: number
}

/**
 * Tells whether a key was overwritten after it was deleted: while calls that delete it are on their way, later calls
 * that leave nothing of its value are noted when they have run. A delete that fails after that must not run again.
 */
export class Overwrites {
  readonly #keys = new Map<string, Deletes>()
  #last = 0

  /** Whether no delete is on its way. Hot path: asked before each call. */
  get idle(): boolean {
    return this.#keys.size === 0
  }

  /** Whether a delete of one of these keys is on its way. */
  touches(keys: readonly string[]): boolean {
    return keys.some((key) => this.#keys.has(key))
  }

  /** Takes a call that begins. Returns its place among all. */
  begin({ keeps, keys }: Call<unknown>): number {
    if (keeps !== undefined) for (const key of keys) this.#of(key).running++
    return ++this.#last
  }

  /** Takes a call that has run and has written over these keys. */
  ran(keys: readonly string[], place: number): void {
    for (const key of keys) {
      const deletes = this.#keys.get(key)
      if (deletes !== undefined) deletes.overwrittenAt = Math.max(deletes.overwrittenAt, place)
    }
  }

  /** Whether a call made after that of this place has written over the key. */
  hasLater(key: string, place: number): boolean {
    return (this.#keys.get(key)?.overwrittenAt ?? 0) > place
  }

  /** Forgets a call that is over. */
  end({ keeps, keys }: Call<unknown>): void {
    if (keeps === undefined) return
    for (const key of keys) if (--this.#of(key).running === 0) this.#keys.delete(key)
  }

  #of(key: string): Deletes {
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const deletes = { running: 0, overwrittenAt: 0 }
    this.#keys.set(key, deletes)
    return deletes
  }
}

/** Whether nothing is left of what its keys held once a call has run, whatever its reply. Pure. */
export function overwrites({ args }: Pick<Call<unknown>, 'args'>): boolean {
  const [name] = args
  if (name === 'SET') return args.length === 3 || (args.length === 5 && args[3] === 'PX')
  return name === 'UNLINK' || name === 'DEL' || name === 'GETDEL'
}

import type { KeptWrite } from '../../clients/command.js'

/** Tells of kept writes that are lost: at once, and then once a second at most, with how many there were since. */
export class Losses {
  readonly #tell: (problem: string, cause: unknown) => void
  readonly #lost = new Map<string, number>()
  #cause: unknown
  #timer: NodeJS.Timeout | undefined

  constructor(tell: (problem: string, cause: unknown) => void) {
    this.#tell = tell
  }

  /** @param reason goes on after "2 deletes are" */
  add(writes: readonly KeptWrite[], reason: string, cause?: unknown): void {
    for (const { deletes } of writes) {
      const what = `${deletes ? 'delete' : 'invalidation'} ${reason}`
      this.#lost.set(what, (this.#lost.get(what) ?? 0) + 1)
    }
    this.#cause = cause
    if (this.#timer === undefined) this.#tellAll()
  }

  /** Tells of what it has not told of, and is over. */
  end(): void {
    this.#tellAll()
    clearTimeout(this.#timer)
  }

  #tellAll(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#lost.size === 0) return
    const problem = [...this.#lost].map(([what, count]) => counted(what, count)).join('; ')
    this.#lost.clear()
    this.#tell(problem, this.#cause)
    this.#timer = setTimeout(() => this.#tellAll(), quiet).unref()
  }
}

function counted(what: string, count: number): string {
  const [noun, ...reason] = what.split(' ')
  return [count, count === 1 ? noun : `${noun}s`, count === 1 ? 'is' : 'are', ...reason].join(' ')
}

const quiet = 1_000

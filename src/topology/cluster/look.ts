import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import type { Answer } from './question.js'
import { signature, type ClusterView } from './view.js'

/** What a look needs. */
export interface LookParts {
  /** Whom to ask, best first. */
  readonly candidates: readonly NodeTarget[]
  /** The map as we know it. */
  readonly known: ClusterView | undefined
  readonly ask: (target: NodeTarget) => Promise<Answer>
}

/**
 * One look for the map: asks a node; when it names other primaries or slots than are known, a second, and a third where
 * these two differ; both when it does not answer soon. Nodes that fail are replaced by others. It ends when one answer
 * confirms what is known, when two agree, or when nobody is left to ask. Which replicas are online is told by one alone.
 * Where no map is known yet three are asked at once, and the first answer waits for others for a moment only.
 */
export class Look {
  readonly #parts: LookParts
  readonly #queue: NodeTarget[]
  /** In the order in which they were asked; those that have not answered are missing. */
  readonly #answers: (Answer | undefined)[] = []
  readonly #problems = new Map<Address, unknown>()
  readonly #asked = new Set<Address>()
  readonly #ended: Promise<void>
  #end!: () => void
  #width: number
  #asking = 0
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(parts: LookParts) {
    this.#parts = parts
    this.#queue = [...parts.candidates]
    this.#width = parts.known === undefined ? mostAsked : 1
    this.#ended = new Promise((resolve) => (this.#end = resolve))
  }

  get views(): readonly ClusterView[] {
    return this.#answers.flatMap((answer) => (answer === undefined ? [] : [answer.view]))
  }

  get nodeTimeout(): Milliseconds | undefined {
    return this.#answers.find((answer) => answer?.nodeTimeout !== undefined)?.nodeTimeout
  }

  get asked(): ReadonlySet<Address> {
    return this.#asked
  }

  /** What came instead of answers. */
  get problems(): ReadonlyMap<Address, unknown> {
    return this.#problems
  }

  /** Resolves when it has ended; never rejects. */
  async run(): Promise<void> {
    const late = setTimeout(() => this.#finish(), longestLook)
    if (this.#parts.known !== undefined) this.#timer = setTimeout(() => this.#widen(), patience)
    this.#fill()
    await this.#ended
    clearTimeout(this.#timer)
    clearTimeout(late)
  }

  #fill(): void {
    while (!this.#over && this.#asking + this.views.length < this.#width) {
      const target = this.#queue.shift()
      if (target === undefined) break
      void this.#ask(target)
    }
    if (this.#asking === 0) this.#finish()
  }

  async #ask(target: NodeTarget): Promise<void> {
    const place = this.#asked.size
    this.#asked.add(addressOf(target))
    this.#asking++
    try {
      this.#answers[place] = await this.#parts.ask(target)
    } catch (error) {
      this.#problems.set(addressOf(target), error)
    } finally {
      this.#asking--
    }
    if (!this.#over) this.#judge()
  }

  #judge(): void {
    const { views } = this
    const { known } = this.#parts
    const signatures = views.map(signature)
    if (known !== undefined && signatures[0] === signature(known) && this.#width === 1) return this.#finish()
    if (new Set(signatures).size < signatures.length) return this.#finish()
    if (known === undefined && views.length === 1) this.#timer = setTimeout(() => this.#finish(), grace)
    this.#width = Math.min(mostAsked, Math.max(this.#width, views.length + 1))
    this.#fill()
  }

  #widen(): void {
    this.#width = mostAsked
    this.#fill()
  }

  #finish(): void {
    this.#over = true
    this.#end()
  }
}

const mostAsked = 3
/** How long the first node has before others are asked as well. */
const patience: Milliseconds = 100
/** Without a map, how long the first answer waits for one that agrees with it. */
const grace: Milliseconds = 50
const longestLook: Milliseconds = 2_000

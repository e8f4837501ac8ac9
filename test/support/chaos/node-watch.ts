import type { Cache } from '../../../src/index.js'
import type { LabServer, StallProbe } from '../../../src/lab/index.js'
import { RoleProbe } from './role-probe.js'
import { Spell } from './spell.js'

/**
 * Watches that no cache refuses a healthy node for long: one that answers an independent client, in the role that the
 * cache knows it in, while `cache.topology()` says that it is not `up`.
 */
export class NodeWatch {
  readonly #caches: Readonly<Record<string, Cache>>
  readonly #probes: readonly RoleProbe[]
  readonly #stallProbe: StallProbe
  readonly #report: (problem: string) => void
  readonly #spells = new Map<string, Spell>()
  readonly #timer: NodeJS.Timeout
  #longest = 0

  constructor(
    nodes: readonly LabServer[],
    caches: Readonly<Record<string, Cache>>,
    stallProbe: StallProbe,
    report: (problem: string) => void,
  ) {
    this.#probes = nodes.map((node) => new RoleProbe(node))
    this.#caches = caches
    this.#stallProbe = stallProbe
    this.#report = report
    this.#timer = setInterval(() => this.#look(performance.now()), period).unref()
  }

  /** The longest time that a healthy node was refused for, in ms. */
  get longest(): number {
    return this.#longest
  }

  /** Whether every node answers the independent clients. */
  get allAnswer(): boolean {
    const now = performance.now()
    return this.#probes.every((probe) => probe.role(now) !== undefined)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#probes.forEach((probe) => probe.stop())
  }

  #look(now: number): void {
    for (const [name, cache] of Object.entries(this.#caches)) {
      const { nodes } = cache.topology()
      for (const probe of this.#probes) {
        const node = nodes.find(({ address }) => address === probe.address)
        const refused = node !== undefined && node.state !== 'up' && node.role === probe.role(now)
        this.#note(
          `${name} refuses ${probe.address} (${node?.role}, ${node?.state})`,
          `${name} ${probe.address}`,
          refused,
          now,
        )
      }
    }
  }

  #note(what: string, id: string, refused: boolean, now: number): void {
    const spell = this.#spells.get(id) ?? new Spell((from, to) => this.#stallProbe.stalledWithin(from, to))
    this.#spells.set(id, spell)
    const lasted = spell.note(refused, now)
    this.#longest = Math.max(this.#longest, lasted)
    if (lasted <= longestRefusal) return
    this.#report(`${what}, which has answered others for ${Math.round(lasted)} ms`)
    spell.note(false, now)
  }
}

/** How often it looks, and how long a healthy node may be refused; in ms. */
const period = 50
const longestRefusal = 1_500

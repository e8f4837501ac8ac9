import type { Cache } from 'valkey-cache'
import { isOrder, makeOrder, type Order } from './orders.js'

/** What was written and acknowledged, so that every read, and every write at the end, can be checked. */
export class Ledger {
  readonly #cache: Cache
  readonly #acknowledged: number[] = []
  #wrong = 0
  #missed = 0

  constructor(cache: Cache) {
    this.#cache = cache
  }

  get acknowledged(): number {
    return this.#acknowledged.length
  }

  /** Reads that gave another value than the one written. */
  get wrong(): number {
    return this.#wrong
  }

  /** Reads of an acknowledged write that found nothing: lost with its primary, or not yet on that replica. */
  get missed(): number {
    return this.#missed
  }

  async write(id: number): Promise<void> {
    await this.#cache.set(keyOf(id), makeOrder(id), { ttl: '10m' })
    this.#acknowledged.push(id)
  }

  async readAny(): Promise<void> {
    const id = this.#acknowledged[Math.floor(Math.random() * this.#acknowledged.length)]
    if (id === undefined) return this.#cache.ping()
    const order = await this.#cache.get<Order>(keyOf(id))
    if (order === undefined) this.#missed++
    else if (!isOrder(id, order)) this.#wrong++
  }

  /** Reads everything back from the primary: how many acknowledged writes are not there any more. */
  async countLost(): Promise<number> {
    let lost = 0
    for (let start = 0; start < this.#acknowledged.length; start += 1_000) {
      const ids = this.#acknowledged.slice(start, start + 1_000)
      const found = await this.#cache.getMany<Order>(ids.map(keyOf), { readFrom: 'primary', deadline: '5s' })
      lost += ids.length - found.size
      for (const id of ids) {
        const order = found.get(keyOf(id))
        if (order !== undefined && !isOrder(id, order)) this.#wrong++
      }
    }
    return lost
  }
}

function keyOf(id: number): string {
  return `order:${id}`
}

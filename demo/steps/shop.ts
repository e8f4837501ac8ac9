import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache } from 'valkey-cache'

interface Item {
  readonly id: number
  readonly name: string
  readonly text: string
}

/** What stands in for a database: it answers so many queries at a time, each in 20 ms, and gives up on who waits too long. */
export class Database {
  #free = 10
  #queries = 0
  readonly #waiting: (() => void)[] = []

  /** How many items it was asked for. */
  get queries(): number {
    return this.#queries
  }

  async load(id: number): Promise<Item> {
    this.#queries += 1
    await this.#turn()
    try {
      await sleep(queryTime)
      return { id, name: `Item ${id}`, text: 'Difference Engine No. 2, '.repeat(20) }
    } finally {
      this.#free += 1
      this.#waiting.shift()?.()
    }
  }

  async #turn(): Promise<void> {
    if (this.#waiting.length >= longestQueue) throw new Error('The database is overloaded.')
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#free -= 1
  }
}

/** The application: pages of items that people ask for, some far more often than others, and that editors change. */
export class Shop {
  readonly #cache: Cache | undefined
  readonly #database: Database

  constructor(cache: Cache | undefined, database: Database) {
    this.#cache = cache
    this.#database = database
  }

  async page(): Promise<void> {
    const id = popular()
    const load = (): Promise<Item> => this.#database.load(id)
    await (this.#cache === undefined ? load() : this.#cache.getOrSet(keyOf(id), load))
  }

  /** What an editor has changed goes into the cache at once. */
  async edit(): Promise<void> {
    const id = popular()
    await this.#cache?.set(keyOf(id), { id, name: `Item ${id}`, text: 'changed' })
  }
}

function keyOf(id: number): string {
  return `item:${id}`
}

/** By Zipf's law: the first item is asked for twice as often as the second, and so on. */
function popular(): number {
  return Math.floor(Math.exp(Math.random() * Math.log(items + 1)))
}

const items = 2_000
/** In ms. */
const queryTime = 20
/** How many may wait: a second of its work. */
const longestQueue = 500

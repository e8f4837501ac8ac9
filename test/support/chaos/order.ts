/** A write of one key; its number is its place among the writes of the key. */
export interface NumberedWrite {
  readonly n: number
  /** `done`: acknowledged. `failed`: rejected, it may have run all the same. */
  readonly outcome: 'pending' | 'done' | 'failed'
  /** When it was answered, on the clock of performance.now(). */
  readonly at: number
}

/** A read of one key from the primary, answered. */
export interface NumberedRead {
  /** The number that it saw; 0 when there was none. */
  readonly value: number
  /** The last write that was made before the read was made. */
  readonly after: number
  /** The last write that was made before the read was answered. */
  readonly before: number
  /** When it was made, on the clock of performance.now(). */
  readonly madeAt: number
  /** When it was answered. */
  readonly at: number
}

/** Stretches of time in which promises are weaker. */
export interface Weakness {
  /** Whether, in this time, acknowledged writes may have been lost, or old ones may have arrived late. */
  readonly lossy: (from: number, to: number) => boolean
  /** Whether writes may have been waiting at this time, and reads that were made meanwhile did not wait for them. */
  readonly held: (at: number) => boolean
  /** Whether a replica may have answered at this time although the primary would have been asked. */
  readonly silent: (at: number) => boolean
}

/** What is wrong with a read, `undefined` when nothing is; all writes before it have to be settled. Pure. */
export function judgeRead(
  read: NumberedRead,
  writes: readonly NumberedWrite[],
  weakness: Weakness,
): string | undefined {
  const { value, after, before } = read
  if (value > before) return `saw ${value}, which was not written yet: ${before} was the last`
  const overlooked = writes.find(({ n, outcome, at }) => {
    return outcome === 'done' && n <= after && n > value && !isExcused(at, read, weakness)
  })
  return overlooked && `saw ${value} after ${overlooked.n} had been written (${after} was the last that was made)`
}

function isExcused(
  writtenAt: number,
  { madeAt, at: readAt }: NumberedRead,
  { lossy, held, silent }: Weakness,
): boolean {
  // A replica was asked while the write waited; the write may have left, and its answer be here, before the replica's.
  if (writtenAt > madeAt && held(readAt)) return true
  if (writtenAt > readAt - lagOfReplica && silent(readAt)) return true
  return lossy(Math.min(writtenAt, readAt), Math.max(writtenAt, readAt))
}

/** The writes and reads of one key of one cache, as long as they are needed. */
export class KeyHistory {
  readonly key: string
  #writes: NumberedWrite[] = []
  #reads: NumberedRead[] = []
  #made = 0

  constructor(key: string) {
    this.key = key
  }

  /** The number of the last write that was made. */
  get made(): number {
    return this.#made
  }

  /** A write is made; gives its number. */
  write(): number {
    this.#made += 1
    this.#writes.push({ n: this.#made, outcome: 'pending', at: 0 })
    return this.#made
  }

  settled(n: number, outcome: 'done' | 'failed', at: number): void {
    const index = this.#writes.findIndex((write) => write.n === n)
    if (index >= 0) this.#writes[index] = { n, outcome, at }
  }

  read(read: NumberedRead): void {
    this.#reads.push(read)
  }

  /** Judges every read that can be judged by now, and forgets what no later read needs. */
  judge(weakness: Weakness): string[] {
    const pending = this.#writes.find(({ outcome }) => outcome === 'pending')?.n ?? Infinity
    const ready = this.#reads.filter(({ after }) => after < pending)
    const problems = ready.flatMap((read) => judgeRead(read, this.#writes, weakness) ?? [])
    this.#reads = this.#reads.filter(({ after }) => after >= pending)
    const needed = Math.min(pending, this.#made - remembered)
    this.#writes = this.#writes.filter(({ n }) => n >= needed)
    return problems.map((problem) => `a get of ${this.key} ${problem}`)
  }
}

/** How far a replica may be behind on a busy machine, in ms. */
const lagOfReplica = 1_000
/** How many settled writes of a key are kept for later reads. */
const remembered = 100

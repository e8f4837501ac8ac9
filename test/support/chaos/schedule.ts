import { Random } from './random.js'

/** What is done to one server, or to the way to it. */
export const faultKinds = [
  'kill',
  'freeze',
  'slow way',
  'black hole',
  'trickle',
  'planned failover',
  'kill the primary',
  'freeze the primary',
  'cut off the primary',
  'slow way to the primary',
  'trickle to the primary',
  'kill a sentinel',
  'freeze a sentinel',
  'replace a sentinel',
] as const
export type FaultKind = (typeof faultKinds)[number]

/** What callers do in the middle of it, beside the usual load. */
export const surgeKinds = ['none', 'big values', 'burst', 'aborts'] as const
export type SurgeKind = (typeof surgeKinds)[number]

/** One fault: it lasts for a while, then it is mended, then there is a rest. */
export interface Step {
  readonly kind: FaultKind
  /** Which of three nodes, or sentinels. */
  readonly target: 0 | 1 | 2
  /** How bad it is, from 0 on, below 1. */
  readonly strength: number
  readonly surge: SurgeKind
  /** In ms. */
  readonly lasts: number
  /** In ms. */
  readonly rest: number
}

/** Endless, and the same for the same seed: every kind comes once, then every kind once more in another order. */
export function* schedule(seed: number): Generator<Step, never> {
  const random = new Random(seed)
  while (true) {
    for (const kind of random.shuffled(faultKinds)) {
      yield {
        kind,
        target: random.pick([0, 1, 2]),
        strength: random.next(),
        surge: random.pick(surgeKinds),
        lasts: random.between(200, 3_000),
        rest: random.between(0, 700),
      }
    }
  }
}

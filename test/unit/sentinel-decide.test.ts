import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addressOf, type NodeTarget } from '../../src/connection/connection.js'
import { decideClaim, type AcceptedClaim, type Claim } from '../../src/topology/sentinel/decide-claim.js'
import { decideReplicas, type FitReplica, type FitReplicas } from '../../src/topology/sentinel/decide-replicas.js'
import { linkGrace } from '../../src/topology/sentinel/eligible.js'
import type { Observation } from '../../src/topology/sentinel/observation.js'
import type { ReplicaView } from '../../src/topology/sentinel/replies.js'

/** The servers are called after the last part of their address. */
const [A, B, C, D] = [node(1), node(2), node(3), node(4)]

describe('the first claim', () => {
  test('is none as long as nobody said anything', () => {
    expect(decideClaim([], undefined, 3, true)).toBeUndefined()
  })

  test('is what the only one who answered says', () => {
    expect(decided([says(A, 1)], undefined)).toStrictEqual([A, 1])
  })

  test('is the one of the highest epoch, though more say another', () => {
    expect(decided([says(A, 1), says(B, 2), says(A, 1)], undefined)).toStrictEqual([B, 2])
  })

  test('is what most say, of one epoch', () => {
    expect(decided([says(A, 2), says(B, 2), says(B, 2)], undefined)).toStrictEqual([B, 2])
  })
})

describe('a claim of a higher epoch', () => {
  test('wins at once, from whomever it comes', () => {
    expect(decided([says(A, 1), says(A, 1), says(B, 2)], accepted(A, 1))).toStrictEqual([B, 2])
  })

  test('wins whatever else is said and believed', () => {
    fc.assert(
      fc.property(anyObservations, anyAccepted, fc.boolean(), (observations, current, confirmed) => {
        const highest = Math.max(...observations.map(({ epoch }) => epoch))
        fc.pre(highest > current.epoch)
        expect(decideClaim(observations, current, 5, confirmed)?.epoch).toBe(highest)
      }),
    )
  })
})

describe('what is believed', () => {
  test('stays when nobody says anything any more', () => {
    const current = accepted(A, 1)
    expect(decideClaim([], current, 3, true)).toBe(current)
    expect(decideClaim([], current, 3, false)).toBe(current)
  })

  test('stays when all confirm it', () => {
    const current = accepted(A, 1)
    expect(decideClaim([says(A, 1), says(A, 1)], current, 3, false)).toBe(current)
  })

  test('stays against a partitioned sentinel that missed the failover, however long', () => {
    const late = { at: hour }
    expect(decided([says(A, 1, late), says(B, 2, late), says(B, 2, late)], accepted(B, 2))).toStrictEqual([B, 2])
  })

  test('stays against the same one when it is the only one that answers, while the primary can be used', () => {
    expect(decided([says(A, 1, { at: hour })], accepted(B, 2))).toStrictEqual([B, 2])
  })

  test('stays against all others while they may not have heard of the failover yet, 3 s', () => {
    const others = (at: number): Observation[] => [says(A, 1, { at }), says(A, 1, { at })]
    for (const confirmed of [true, false]) {
      expect(decided(others(2_999), accepted(B, 2), { confirmed })).toStrictEqual([B, 2])
      expect(decided(others(3_000), accepted(B, 2), { confirmed })).toStrictEqual([A, 1])
    }
  })

  test('stays when another primary of the same epoch has no majority', () => {
    expect(decided([says(B, 1), says(A, 1)], accepted(A, 1))).toStrictEqual([A, 1])
  })

  test('never steps back without a majority of all known sentinels, while the primary can be used', () => {
    fc.assert(
      fc.property(anyObservations, anyAccepted, fc.integer({ min: 5, max: 9 }), (observations, current, count) => {
        const claim = decideClaim(observations, current, count, true) as Claim
        if (claim === current || claim.epoch > current.epoch) return
        const votes = observations.filter((other) => sameClaim(other, claim) && !mayLag(other, current))
        expect(votes.length).toBeGreaterThan(count / 2)
      }),
    )
  })

  test('or what somebody says, and nothing else, becomes the claim', () => {
    fc.assert(
      fc.property(anyObservations, anyAccepted, fc.boolean(), (observations, current, confirmed) => {
        const claim = decideClaim(observations, current, 5, confirmed) as Claim
        expect([current, ...observations].some((other) => sameClaim(other, claim))).toBe(true)
      }),
    )
  })

  test('does not depend on the order in which the sentinels are heard, when it stays', () => {
    fc.assert(
      fc.property(anyObservations, anyAccepted, fc.boolean(), (observations, current, confirmed) => {
        const reversed = observations.toReversed()
        const stays = decideClaim(observations, current, 5, confirmed) === current
        expect(decideClaim(reversed, current, 5, confirmed) === current).toBe(stays)
      }),
    )
  })
})

describe('a provisional claim', () => {
  const promoted: AcceptedClaim = { ...claim(B, 2), since: 0, provisional: true }

  test('stays against the older answers of sentinels that lag', () => {
    expect(decided([says(A, 1), says(A, 1), says(A, 1)], promoted, { confirmed: false })).toStrictEqual([B, 2])
  })

  test('is confirmed by the first sentinel that names it, in the same epoch or a later one', () => {
    for (const epoch of [2, 3]) {
      const claimed = decideClaim([says(A, 1), says(B, epoch)], promoted, 3, true)
      expect(claimed).not.toBe(promoted)
      expect(claimed).toMatchObject({ primary: B, epoch })
    }
  })

  test('gives way to another primary of the same epoch', () => {
    expect(decided([says(C, 2)], promoted)).toStrictEqual([C, 2])
  })

  test('gives way to the old one when most still name it long after', () => {
    expect(decided([says(A, 1, { at: 3_000 }), says(A, 1, { at: 3_000 })], promoted)).toStrictEqual([A, 1])
  })
})

describe('a claim of a lower epoch, or of another primary in the same', () => {
  const late = { at: hour }

  test('wins with a majority: the service was removed and is monitored anew', () => {
    expect(decided([says(B, 7, late), says(A, 0, late), says(A, 0, late)], accepted(B, 7))).toStrictEqual([A, 0])
    expect(decided([says(B, 7, late), says(B, 0, late), says(B, 0, late)], accepted(B, 7))).toStrictEqual([B, 0])
    expect(decided([says(A, 1), says(B, 1), says(B, 1)], accepted(A, 1))).toStrictEqual([B, 1])
  })

  test('has no majority with half of all known sentinels, or with those that answer', () => {
    const two = [says(A, 0, late), says(A, 0, late)]
    expect(decided(two, accepted(B, 7), { sentinels: 4 })).toStrictEqual([B, 7])
    expect(decided(two, accepted(B, 7), { sentinels: 5 })).toStrictEqual([B, 7])
  })

  test('has no majority when those that contradict us do not agree', () => {
    const split = [says(A, 0, late), says(C, 0, late), says(A, 1, late)]
    expect(decided(split, accepted(B, 7))).toStrictEqual([B, 7])
  })

  test('wins without one when nobody stands by a primary that cannot be used', () => {
    const rival = [says(A, 0, late)]
    expect(decided(rival, accepted(B, 7), { confirmed: false, sentinels: 5 })).toStrictEqual([A, 0])
    expect(decided(rival, accepted(B, 7), { confirmed: true, sentinels: 5 })).toStrictEqual([B, 7])
  })

  test('does not win without one when one sentinel stands by the primary, or may only lag', () => {
    const unusable = { confirmed: false, sentinels: 5 }
    expect(decided([says(A, 0, late), says(B, 7, late)], accepted(B, 7), unusable)).toStrictEqual([B, 7])
    expect(decided([says(A, 0, late), says(A, 0, { at: 1 })], accepted(B, 7), unusable)).toStrictEqual([B, 7])
  })
})

describe('the replicas', () => {
  test('are those that any sentinel finds fit', () => {
    const seen = decideReplicas([says(A, 1, { replicas: [B] }), says(A, 1, { replicas: [C] })], claim(A, 1), none, 0)
    expect(named(seen)).toStrictEqual([B, C])
  })

  test('are not those that are not fit', () => {
    const lists = { replicas: [view(B, { roleReported: 'master' }), view(C, { flags: new Set(['s_down']) }), D] }
    expect(named(decideReplicas([says(A, 1, lists)], claim(A, 1), none, 0))).toStrictEqual([D])
  })

  test('are not those of a sentinel that believes another epoch or another primary', () => {
    const strangers = [says(A, 0, { replicas: [C] }), says(C, 1, { replicas: [D] })]
    const seen = decideReplicas([says(A, 1, { replicas: [B] }), ...strangers], claim(A, 1), none, 0)
    expect(named(seen)).toStrictEqual([B])
  })

  test('stay as they are while no sentinel speaks for the claim, however long', () => {
    const seen = lastFit([B, 0], [C, 0])
    expect(decideReplicas([], claim(A, 1), seen, hour)).toStrictEqual(seen)
    expect(decideReplicas([says(C, 0, { replicas: [D] })], claim(A, 1), seen, hour)).toStrictEqual(seen)
  })

  test('are without the one that was promoted, from the moment that it is the primary', () => {
    const provisional = { ...claim(B, 2), provisional: true }
    expect(named(decideReplicas([says(A, 1)], provisional, lastFit([B, 0], [C, 0]), 1))).toStrictEqual([C])
  })

  test('have the addresses that the sentinels give, and when they were seen', () => {
    const seen = decideReplicas([says(A, 1, { replicas: [B], at: 70 })], claim(A, 1), none, 90)
    expect([...seen]).toStrictEqual([[addressOf(B), { target: B, fitAt: 70 }]])
  })
})

describe('a replica that is not fit any more', () => {
  test('is kept for a grace, so that a blink closes nothing', () => {
    const blink = says(A, 1, { replicas: [view(B, { flags: new Set(['slave', 'disconnected']) })] })
    expect(named(decideReplicas([blink], claim(A, 1), lastFit([B, 0]), linkGrace - 1))).toStrictEqual([B])
    expect(named(decideReplicas([blink], claim(A, 1), lastFit([B, 0]), linkGrace))).toStrictEqual([])
  })

  test('is kept for a grace when it is not listed at all', () => {
    expect(named(decideReplicas([says(A, 1)], claim(A, 1), lastFit([B, 0]), linkGrace - 1))).toStrictEqual([B])
    expect(named(decideReplicas([says(A, 1)], claim(A, 1), lastFit([B, 0]), linkGrace))).toStrictEqual([])
  })

  test('is kept for as long as a sentinel finds the primary down', () => {
    const observations = [says(A, 1), says(A, 1, { primaryDown: true })]
    expect(named(decideReplicas(observations, claim(A, 1), lastFit([B, 0]), hour))).toStrictEqual([B])
  })

  test('has one grace in all when its link broke, from that moment on; a fresh one when the primary comes back', () => {
    const broken = { linkUp: false, linkDownFor: linkGrace - 1 }
    const saw = (primaryDown: boolean): Observation =>
      says(A, 1, { replicas: [view(B, broken)], primaryDown, at: linkGrace })
    const later = (seen: FitReplicas, now: number): readonly NodeTarget[] =>
      named(decideReplicas([says(A, 1)], claim(A, 1), seen, now))
    const seen = decideReplicas([saw(false)], claim(A, 1), lastFit([B, 0]), linkGrace)
    expect(named(seen)).toStrictEqual([B])
    expect(later(seen, linkGrace)).toStrictEqual([B])
    expect(later(seen, linkGrace + 1)).toStrictEqual([])
    expect(later(decideReplicas([saw(true)], claim(A, 1), none, linkGrace), 2 * linkGrace - 1)).toStrictEqual([B])
  })

  test('has its grace from the last time that anybody found it fit, whoever answers late', () => {
    const [fresh, stale] = [says(A, 1, { replicas: [B], at: 5_000 }), says(A, 1, { replicas: [B], at: 0 })]
    for (const observations of [
      [fresh, stale],
      [stale, fresh],
    ]) {
      const seen = decideReplicas(observations, claim(A, 1), none, 5_000)
      expect(named(decideReplicas([says(A, 1)], claim(A, 1), seen, 5_000 + linkGrace - 1))).toStrictEqual([B])
    }
    const seen = decideReplicas([stale], claim(A, 1), lastFit([B, 5_000]), 6_000)
    expect(named(decideReplicas([says(A, 1)], claim(A, 1), seen, 5_000 + linkGrace - 1))).toStrictEqual([B])
  })
})

describe('in a failover', () => {
  test('the new primary is no replica, though the leader still lists it as one', () => {
    const leader = says(B, 2, { replicas: [B, C], primaryDown: true })
    expect(named(decideReplicas([leader], claim(B, 2), lastFit([B, 0], [C, 0]), 0))).toStrictEqual([C])
  })

  test('a replica that follows the new primary already serves, as the leader still lists both', () => {
    const leader = says(B, 2, { replicas: [B, view(C, { primaryHost: B.host })] })
    expect(named(decideReplicas([leader], claim(B, 2), none, 0))).toStrictEqual([C])
  })

  test('the replicas are kept, though every link is broken and no sentinel is connected to them for a moment', () => {
    const switched = says(B, 2, { replicas: [view(C, { flags: new Set(['slave', 'disconnected']), linkUp: false })] })
    expect(named(decideReplicas([switched], claim(B, 2), lastFit([B, 0], [C, 0]), 1_000))).toStrictEqual([C])
  })

  test('the ex-primary serves only once it follows and has synced', () => {
    const serves = (own: Partial<ReplicaView>): readonly NodeTarget[] =>
      named(
        decideReplicas([says(B, 2, { replicas: [view(A, { primaryHost: B.host, ...own })] })], claim(B, 2), none, 0),
      )
    expect(serves({ roleReported: 'master' })).toStrictEqual([])
    expect(serves({ linkUp: false, linkDownFor: -1_000 })).toStrictEqual([])
    expect(serves({})).toStrictEqual([A])
  })

  test('a replica of a replica does not serve: it follows what is no primary', () => {
    const chained = says(A, 1, { replicas: [B, view(C, { primaryHost: B.host })] })
    expect(named(decideReplicas([chained], claim(A, 1), none, 0))).toStrictEqual([B])
  })
})

const hour = 3_600_000
const none: FitReplicas = new Map()

const anyClaim = { primary: fc.constantFrom(A, B, C), epoch: fc.integer({ min: 0, max: 3 }) }
const anyObservations = fc.array(
  fc
    .record({ ...anyClaim, at: fc.integer({ min: 0, max: 6_000 }) })
    .map(({ primary, epoch, at }) => says(primary, epoch, { at })),
  { minLength: 1, maxLength: 5 },
)
const anyAccepted: fc.Arbitrary<AcceptedClaim> = fc.record({ ...anyClaim, since: fc.constant(0) })

interface Saying {
  readonly at?: number
  readonly primaryDown?: boolean
  /** Healthy ones that follow the primary, unless they are views. */
  readonly replicas?: readonly (NodeTarget | ReplicaView)[]
}

function says(primary: NodeTarget, epoch: number, { at = 0, primaryDown = false, replicas = [] }: Saying = {}) {
  const views = replicas.map((replica) => ('flags' in replica ? replica : view(replica, { primaryHost: primary.host })))
  const others = { id: undefined, electorate: 3, sentinels: [], failover: undefined }
  return { primary, epoch, at, primaryDown, replicas: views, ...others } satisfies Observation
}

/** A healthy replica of A, except for what is said. */
function view(target: NodeTarget, own: Partial<ReplicaView>): ReplicaView {
  const linked = { linkUp: true, linkDownFor: 0, primaryHost: A.host, primaryPort: A.port }
  return { ...target, flags: new Set(['slave']), priority: 100, roleReported: 'slave', ...linked, ...own }
}

function node(last: number): NodeTarget {
  return { host: `10.0.0.${last}`, port: 6379 }
}

function claim(primary: NodeTarget, epoch: number): Claim {
  return { primary, epoch }
}

/** Since the beginning of time. */
function accepted(primary: NodeTarget, epoch: number): AcceptedClaim {
  return { primary, epoch, since: 0 }
}

function decided(
  observations: readonly Observation[],
  current: AcceptedClaim | undefined,
  { confirmed = true, sentinels = 3 } = {},
): readonly [primary: NodeTarget, epoch: number] {
  const { primary, epoch } = decideClaim(observations, current, sentinels, confirmed) as Claim
  return [primary, epoch]
}

function sameClaim(one: Claim, other: Claim): boolean {
  return one.epoch === other.epoch && addressOf(one.primary) === addressOf(other.primary)
}

/** Whether a sentinel may not have heard yet of what we believe. */
function mayLag({ epoch, at }: Observation, current: AcceptedClaim): boolean {
  return epoch < current.epoch && at - current.since < 3_000
}

function lastFit(...seen: readonly (readonly [target: NodeTarget, at: number])[]): FitReplicas {
  return new Map(seen.map(([target, fitAt]): [string, FitReplica] => [addressOf(target), { target, fitAt }]))
}

function named(seen: FitReplicas): readonly NodeTarget[] {
  return [...seen.values()].map(({ target }) => target)
}

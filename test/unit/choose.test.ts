import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { chooseNode, leastBusyOfTwo, tiersFor } from '../../src/clients/routing/choose.js'
import type { Node } from '../../src/connection/node.js'
import type { ReadFrom } from '../../src/topology/read-from.js'
import { healthOf, nodeDown, nodeUp, takeDown } from '../support/nodes.js'

let primary: Node
let replicas: readonly [Node, Node]
const down = { primary: nodeDown(9, 'primary'), replica: nodeDown(9, 'replica') }

beforeAll(async () => {
  primary = await nodeUp(1, 'primary')
  replicas = [await nodeUp(2, 'replica'), await nodeUp(3, 'replica')]
})

const untried = new Set<Node>()
const readFroms: readonly ReadFrom[] = ['primary', 'primaryPreferred', 'replica', 'replicaPreferred', 'any', 'zone']

describe('a call goes to', () => {
  test.for(readFroms)('the primary when it is a write, though reads go to %s', (readFrom) => {
    expect(tiersFor('write', readFrom)).toStrictEqual([['primary']])
    expect(pick({ intent: 'write', readFrom })).toBe(primary)
  })

  test.for<[readFrom: ReadFrom, up: readonly string[], withoutPrimary: readonly string[], without: readonly string[]]>([
    ['primary', ['primary:1'], [], ['primary:1']],
    ['primaryPreferred', ['primary:1'], ['replica:2', 'replica:3'], ['primary:1']],
    ['replica', ['replica:2', 'replica:3'], ['replica:2', 'replica:3'], []],
    ['replicaPreferred', ['replica:2', 'replica:3'], ['replica:2', 'replica:3'], ['primary:1']],
    ['any', ['primary:1', 'replica:2', 'replica:3'], ['replica:2', 'replica:3'], ['primary:1']],
    ['zone', ['primary:1', 'replica:2', 'replica:3'], ['replica:2', 'replica:3'], ['primary:1']],
  ])(
    'the role that readFrom %s says, or to what is left without a primary, or without replicas',
    ([readFrom, all, withoutPrimary, withoutReplicas]) => {
      expect(reached({ readFrom })).toStrictEqual(all)
      expect(reached({ readFrom, primary: [down.primary] })).toStrictEqual(withoutPrimary)
      expect(reached({ readFrom, primary: [] })).toStrictEqual(withoutPrimary)
      expect(reached({ readFrom, replica: [down.replica] })).toStrictEqual(withoutReplicas)
      expect(reached({ readFrom, replica: [] })).toStrictEqual(withoutReplicas)
    },
  )

  test('nobody when nobody is up', () => {
    for (const readFrom of readFroms)
      expect(pick({ readFrom, primary: [down.primary], replica: [down.replica] })).toBeUndefined()
  })

  test('nobody who is stalled or lost', async () => {
    const [stalled, lost] = [await nodeUp(4, 'replica'), await nodeUp(5, 'replica')]
    healthOf(stalled).change({ unresponsive: true })
    takeDown(lost)
    expect([stalled.state, lost.state]).toStrictEqual(['stalled', 'down'])
    expect(reached({ readFrom: 'replica', replica: [stalled, lost, replicas[0]] })).toStrictEqual(['replica:2'])
  })

  test('one that is not in doubt, also of another role, and to one in doubt when there is no other', async () => {
    const silent = await nodeUp(6, 'replica', 1)
    healthOf(silent).silence = 50
    expect(reached({ readFrom: 'replica', replica: [silent, replicas[0]] })).toStrictEqual(['replica:2'])
    expect(reached({ readFrom: 'replicaPreferred', replica: [silent] })).toStrictEqual(['primary:1'])
    expect(reached({ readFrom: 'replica', replica: [silent] })).toStrictEqual(['replica:6'])
  })

  test.for<[silence: number, roundTrip: number | undefined, attemptTimeout: number | undefined, inDoubt: boolean]>([
    [0, undefined, undefined, false],
    [0, undefined, 0, false],
    [49, undefined, undefined, false],
    [50, undefined, undefined, true],
    [199, 50, undefined, false],
    [200, 50, undefined, true],
    [30, 50, 20, true],
    [300, 50, 400, false],
    [300, 50, Infinity, false],
  ])(
    'one that is in doubt or not: silent for %d ms, round trips of %s ms, attemptTimeout %s: %s',
    async ([silence, roundTrip, attemptTimeout, inDoubt]) => {
      const node = await nodeUp(7, 'replica', 1)
      Object.assign(healthOf(node), { silence, roundTrip })
      expect(node.isInDoubt(attemptTimeout)).toBe(inDoubt)
      const picked = pick({ readFrom: 'replicaPreferred', replica: [node], attemptTimeout })
      expect(picked).toBe(inDoubt ? primary : node)
    },
  )
})

describe('a call that failed', () => {
  test('goes to another node of its role', () => {
    expect(reached({ readFrom: 'replica', tried: [replicas[0]] })).toStrictEqual(['replica:3'])
  })

  test('goes to the other role when all of the first failed it', () => {
    expect(reached({ readFrom: 'replicaPreferred', tried: replicas })).toStrictEqual(['primary:1'])
    expect(reached({ readFrom: 'primaryPreferred', tried: [primary] })).toStrictEqual(['replica:2', 'replica:3'])
  })

  test('starts over when every node failed it', () => {
    const tried = [primary, ...replicas]
    expect(reached({ readFrom: 'replicaPreferred', tried })).toStrictEqual(['replica:2', 'replica:3'])
    expect(reached({ readFrom: 'primary', tried })).toStrictEqual(['primary:1'])
    expect(reached({ readFrom: 'replica', tried: replicas })).toStrictEqual(['replica:2', 'replica:3'])
  })
})

describe('of several nodes', () => {
  test('equal ones get equal shares, within 10 %', async () => {
    for (const count of [2, 3, 5]) {
      const nodes = await Promise.all(Array.from({ length: count }, (_, index) => nodeUp(10 + index, 'replica')))
      const shares = countPicks(nodes, 10_000 * count)
      expect(shares).toHaveLength(count)
      for (const share of shares) expect(Math.abs(share - 10_000)).toBeLessThan(1_000)
    }
  })

  test('the busiest gets nothing, so that a frozen one attracts nobody', async () => {
    const nodes = [await nodeUp(10, 'replica', 3), await nodeUp(11, 'replica', 0), await nodeUp(12, 'replica', 0)]
    const shares = countPicks(nodes, 10_000)
    expect(shares[0]).toBe(0)
  })

  test('the less busy one of the two that were drawn is taken, and the two are never the same', async () => {
    const nodes = await Promise.all([0, 1, 2, 3].map((pending) => nodeUp(20 + pending, 'replica', pending)))
    const shares = countPicks(nodes, 24_000)
    const expected = [12_000, 8_000, 4_000, 0]
    shares.forEach((share, index) => expect(Math.abs(share - (expected[index] as number))).toBeLessThanOrEqual(800))
  })

  test('one is always taken, whatever the dice say', async () => {
    const nodes = await Promise.all([10, 11, 12].map((port) => nodeUp(port, 'replica')))
    const dice = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(dice, dice, fc.integer({ min: 1, max: 3 }), (one, other, count) => {
        const throws = [one, other]
        expect(nodes).toContain(leastBusyOfTwo(nodes.slice(0, count), () => throws.shift() as number))
      }),
    )
    expect(leastBusyOfTwo([], Math.random)).toBeUndefined()
  })
})

interface Situation {
  readonly intent?: 'read' | 'write'
  readonly readFrom: ReadFrom
  readonly primary?: readonly Node[]
  readonly replica?: readonly Node[]
  readonly tried?: readonly Node[]
  readonly attemptTimeout?: number | undefined
}

function pick(situation: Situation, random = Math.random): Node | undefined {
  const { intent = 'read', readFrom, tried = untried, attemptTimeout } = situation
  const candidates = { primary: situation.primary ?? [primary], replica: situation.replica ?? replicas }
  const wish = { tiers: tiersFor(intent, readFrom), tried: new Set(tried), attemptTimeout }
  return chooseNode(wish, candidates, (nodes) => leastBusyOfTwo(nodes, random))
}

/** Everybody who can be picked. */
function reached(situation: Situation): readonly string[] {
  const picked = new Set<string>()
  for (const first of dice) {
    for (const second of dice) {
      const throws = [first, second]
      const node = pick(situation, () => throws.shift() ?? 0)
      if (node !== undefined) picked.add(node.address)
    }
  }
  return [...picked].sort()
}

const dice = [0, 0.2, 0.4, 0.6, 0.8, 0.99]

/** How often each was taken, with dice that fall the same way in every run. */
function countPicks(nodes: readonly Node[], times: number): number[] {
  const random = seededRandom(42)
  const counts = new Map(nodes.map((node) => [node, 0]))
  for (let time = 0; time < times; time++) {
    const node = leastBusyOfTwo(nodes, random) as Node
    counts.set(node, (counts.get(node) ?? 0) + 1)
  }
  return [...counts.values()]
}

/** Source: mulberry32 */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296
  }
}

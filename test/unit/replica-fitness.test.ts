import { describe, expect, test } from 'vitest'
import { primaryPresence, unfitness, type ReplicaFacts } from '../../src/clients/routing/replica-fitness.js'
import type { Topology } from '../../src/topology/topology.js'

const anyLag = Infinity

describe('a replica on a new connection', () => {
  test('is not read before it said that it is linked', () => {
    expect(unfitness(facts({ linked: false }), anyLag, 'up')).toBe('unlinked')
    expect(unfitness(facts({ linked: true }), anyLag, 'up')).toBeUndefined()
  })

  test('is read all the same while there is no primary to link to', () => {
    expect(unfitness(facts({ linked: false }), anyLag, 'gone')).toBeUndefined()
  })

  test('is read, where nobody knows of a primary, when it has looked for one for longer than that takes', () => {
    const searched = [0, 1_499, 1_500].map((searching) =>
      unfitness(facts({ linked: false, searching }), anyLag, 'unknown'),
    )
    expect(searched).toStrictEqual(['unlinked', 'unlinked', undefined])
    expect(unfitness(facts({ linked: false, searching: 60_000 }), anyLag, 'up')).toBe('unlinked')
  })
})

describe('with maxLag', () => {
  test('a replica that is further behind is late', () => {
    expect(unfitness(facts({ lag: 1_000 }), 1_000, 'up')).toBeUndefined()
    expect(unfitness(facts({ lag: 1_001 }), 1_000, 'up')).toBe('late')
    expect(unfitness(facts({ lag: 1_001 }), 1_000, 'gone')).toBe('late')
  })

  test('one of which that is not known is not up to date, as long as there is a primary to ask', () => {
    expect(unfitness(facts({ lag: undefined }), 1_000, 'up')).toBe('unmeasured')
    expect(unfitness(facts({ lag: undefined }), 1_000, 'gone')).toBeUndefined()
    expect(unfitness(facts({ lag: undefined }), 1_000, 'unknown')).toBeUndefined()
    expect(unfitness(facts({ lag: undefined }), anyLag, 'up')).toBeUndefined()
  })
})

describe('whether there is a primary', () => {
  test('is what our connection to it says, once it was tried', () => {
    expect(primaryPresence({ state: 'up', lastError: undefined }, topology())).toBe('up')
    expect(primaryPresence({ state: 'stalled', lastError: new Error('silent') }, topology())).toBe('gone')
    expect(primaryPresence({ state: 'down', lastError: new Error('refused') }, topology())).toBe('gone')
  })

  test('else what the sentinels say, or the nodes of a cluster', () => {
    for (const untried of [undefined, { state: 'down', lastError: undefined } as const]) {
      expect(primaryPresence(untried, topology())).toBe('up')
      expect(primaryPresence(untried, topology({ primaryDown: true }))).toBe('gone')
      expect(primaryPresence(untried, topology({ sentinels: [], quorate: false }))).toBe('unknown')
      expect(primaryPresence(untried, topology({ sentinels: [], primaryDown: true }))).toBe('gone')
      expect(primaryPresence(untried, topology({ primary: undefined }))).toBe('unknown')
    }
    expect(primaryPresence(undefined, undefined)).toBe('unknown')
  })
})

/** A replica that is linked and has all, unless it is said otherwise. */
function facts(own: Partial<ReplicaFacts>): ReplicaFacts {
  return { linked: true, searching: 0, lag: 0, ...own }
}

function topology(own: Partial<Topology> = {}): Topology {
  return {
    primary: { host: 'a', port: 1 },
    replicas: [],
    sentinels: ['s:1'],
    epoch: 0,
    provisional: false,
    failover: undefined,
    quorate: true,
    primaryDown: false,
    ...own,
  }
}

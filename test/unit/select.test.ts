import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { nearest } from '../../src/clients/routing/choose.js'
import { selectorFor } from '../../src/clients/routing/select.js'
import type { Role } from '../../src/connection/connection.js'
import type { Node } from '../../src/connection/node.js'
import { ConfigurationError } from '../../src/errors.js'
import type { ReadCandidate } from '../../src/topology/read-from.js'
import { healthOf, nodeUp } from '../support/nodes.js'

let primary: Node
let replica: Node
const facts = {
  roleOf: (node: Node) => (node === primary ? ('primary' as const) : ('replica' as const)),
  lagOf: (node: Node) => (node === primary ? undefined : 40),
}

beforeAll(async () => {
  primary = await nodeUp(1, 'primary', 3)
  replica = await nodeUp(2, 'replica', 5)
})

describe('a function', () => {
  test('is shown the nodes as they are, and chooses', () => {
    Object.assign(healthOf(primary), { zone: 'eu-1a', ip: '10.1.2.3' })
    healthOf(replica).zone = ''
    const seen: ReadCandidate[] = []
    const select = selectorFor((nodes) => {
      seen.push(...nodes)
      return nodes.find(({ role }) => role === 'replica')
    }, facts)
    expect(select([primary, replica])).toBe(replica)
    expect(seen).toStrictEqual([
      {
        address: 'primary:1',
        role: 'primary',
        pending: 3,
        rtt: undefined,
        lag: undefined,
        zone: 'eu-1a',
        ip: '10.1.2.3',
      },
      { address: 'replica:2', role: 'replica', pending: 5, rtt: undefined, lag: 40, zone: undefined, ip: undefined },
    ])
  })

  test('may wait for a better one, and is not asked when there is none', () => {
    expect(selectorFor(() => undefined, facts)([primary, replica])).toBeUndefined()
    const never = (): never => {
      throw new Error('asked for nothing')
    }
    expect(selectorFor(never, facts)([])).toBeUndefined()
  })

  test('that gives something else is told so', () => {
    const select = selectorFor(([node]) => node && { ...node }, facts)
    expect(() => select([primary])).toThrow(ConfigurationError)
    expect(() => select([primary])).toThrow(/^readFrom: the function gave what is none of its nodes/)
  })
})

test('a function that is async is told that it must give a node, and its rejection ends no process', async () => {
  const unhandled = vi.fn<() => void>()
  process.on('unhandledRejection', unhandled)
  onTestFinished(() => void process.off('unhandledRejection', unhandled))
  const select = selectorFor((() => Promise.reject(new Error('late'))) as never, facts)
  expect(() => select([primary])).toThrow(ConfigurationError)
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).not.toHaveBeenCalled()
})

describe('the zone', () => {
  type Placed = readonly [role: Role, zone: string | undefined]

  test.for<[what: string, first: Placed, second: Placed]>([
    ['a replica in ours goes before the primary in ours', ['replica', 'a'], ['primary', 'a']],
    ['the primary in ours before a replica in another', ['primary', 'a'], ['replica', 'b']],
    ['a replica in ours before one that tells none', ['replica', 'a'], ['replica', '']],
    ['the primary in ours before a replica whose zone is not known yet', ['primary', 'a'], ['replica', undefined]],
    ['a replica in another before the primary in another', ['replica', 'b'], ['primary', 'b']],
    ['a replica that tells none before the primary that tells none', ['replica', ''], ['primary', '']],
  ])('%s', async ([, first, second]) => {
    const roles = new Map<Node, Role>()
    const [one, other] = await Promise.all(
      [first, second].map(async ([role, zone]) => {
        const node = await nodeUp(1, role)
        healthOf(node).zone = zone
        roles.set(node, role)
        return node
      }),
    )
    const select = selectorFor('zone', { ...facts, roleOf: (node) => roles.get(node) as Role }, 'a')
    for (const nodes of [
      [one, other],
      [other, one],
    ])
      expect(select(nodes as Node[])).toBe(one)
    expect(select([])).toBeUndefined()
  })

  test('shares the reads among the replicas in ours, less the busier ones', async () => {
    const nodes = await Promise.all([4, 5, 6, 7].map((port) => nodeUp(port, 'replica', port)))
    nodes.slice(0, 3).forEach((node) => (healthOf(node).zone = 'a'))
    const select = selectorFor('zone', facts, 'a')
    const chosen = new Set(Array.from({ length: 200 }, () => select(nodes)))
    expect(chosen).toStrictEqual(new Set(nodes.slice(0, 2)))
  })
})

describe('the nearest', () => {
  const at = (rtt: number | undefined): Node => ({ rtt }) as Node

  test('has the shortest round trip', () => {
    const [far, near] = [at(9), at(2)]
    expect(nearest([far, near])).toBe(near)
    expect(nearest([near, far])).toBe(near)
  })

  test('is not one whose round trip is unknown, unless all are', () => {
    const [unknown, far] = [at(undefined), at(900)]
    expect(nearest([unknown, far])).toBe(far)
    expect(nearest([unknown])).toBe(unknown)
    expect(nearest([])).toBeUndefined()
  })
})

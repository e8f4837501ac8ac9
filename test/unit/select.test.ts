import { beforeAll, describe, expect, test } from 'vitest'
import { nearest } from '../../src/clients/routing/choose.js'
import { selectorFor } from '../../src/clients/routing/select.js'
import type { Node } from '../../src/connection/node.js'
import { ConfigurationError } from '../../src/errors.js'
import type { ReadCandidate } from '../../src/topology/read-from.js'
import { nodeUp } from '../support/nodes.js'

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
    const seen: ReadCandidate[] = []
    const select = selectorFor((nodes) => {
      seen.push(...nodes)
      return nodes.find(({ role }) => role === 'replica')
    }, facts)
    expect(select([primary, replica])).toBe(replica)
    expect(seen).toStrictEqual([
      { address: 'primary:1', role: 'primary', pending: 3, rtt: undefined, lag: undefined },
      { address: 'replica:2', role: 'replica', pending: 5, rtt: undefined, lag: 40 },
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

import { describe, expect, test } from 'vitest'
import { Acceptance } from '../../src/topology/sentinel/acceptance.js'
import type { FailoverLog } from '../../src/topology/sentinel/failover.js'

const [primary, candidate] = [node(1), node(2)]
const under = (epoch: number | undefined): readonly FailoverLog[] => [
  { epoch, failover: { from: '10.0.0.1:6379', epoch, candidate, coordinated: false } },
]

describe('a candidate that proves to be primary', () => {
  test('is accepted provisionally, in the epoch that its failover announced, or else in the next', () => {
    for (const [announced, epoch] of [
      [7, 7],
      [undefined, 4],
    ] as const) {
      const acceptance = accepted()
      expect(acceptance.promote(candidate, under(announced), 10)).toBe(true)
      expect(acceptance.claim).toStrictEqual({ primary: candidate, epoch, since: 10, provisional: true })
    }
  })

  test('is refused when no failover is heard of that names it', () => {
    const acceptance = accepted()
    expect(acceptance.promote(candidate, [], 10)).toBe(false)
    expect(acceptance.promote(node(3), under(7), 10)).toBe(false)
    expect(new Acceptance().promote(candidate, under(7), 10)).toBe(false)
    expect(acceptance.claim).toStrictEqual({ primary, epoch: 3, since: 0 })
  })
})

describe('a provisional claim', () => {
  test('is younger than every answer for as long as its failover goes on', () => {
    const acceptance = promoted()
    acceptance.renew(under(7), 500)
    expect(acceptance.claim?.since).toBe(500)
    acceptance.renew([], 900)
    expect(acceptance.claim?.since).toBe(500)
  })

  test('is withdrawn when the failover was given up, and not before', () => {
    const acceptance = promoted()
    acceptance.withdraw(under(7), 500)
    expect(acceptance.claim?.primary).toBe(candidate)
    acceptance.withdraw([], 500)
    expect(acceptance.claim).toStrictEqual({ primary, epoch: 3, since: 500 })
  })

  test('is not withdrawn once a sentinel has confirmed it', () => {
    const acceptance = promoted()
    acceptance.accept({ primary: candidate, epoch: 7 }, 20)
    acceptance.withdraw([], 500)
    expect(acceptance.claim).toStrictEqual({ primary: candidate, epoch: 7, since: 20 })
  })
})

function accepted(): Acceptance {
  const acceptance = new Acceptance()
  acceptance.accept({ primary, epoch: 3 }, 0)
  return acceptance
}

function promoted(): Acceptance {
  const acceptance = accepted()
  acceptance.promote(candidate, under(7), 10)
  return acceptance
}

function node(last: number): { readonly host: string; readonly port: number } {
  return { host: `10.0.0.${last}`, port: 6379 }
}

import { describe, expect, test } from 'vitest'
import { isEligible, linkGrace } from '../../src/topology/sentinel/eligible.js'
import type { ReplicaView } from '../../src/topology/sentinel/replies.js'

const others = new Set(['10.0.0.2:6379', '10.0.0.3:6379'])

describe('a replica may serve', () => {
  test('when it is up, says so itself, and its link is up', () => {
    expect(eligible()).toBe(true)
  })

  test('when its link broke a moment ago, and not once the grace is over', () => {
    expect(eligible({ linkUp: false, linkDownFor: 0 })).toBe(true)
    expect(eligible({ linkUp: false, linkDownFor: linkGrace - 1 })).toBe(true)
    expect(eligible({ linkUp: false, linkDownFor: linkGrace })).toBe(false)
  })

  test('however long its link is down while the primary is down too', () => {
    expect(eligible({ linkUp: false, linkDownFor: 100 * linkGrace }, true)).toBe(true)
  })

  test('when the primary it follows goes by a name that nobody here has: a host name and its address are one', () => {
    expect(eligible({ primaryHost: 'primary.internal' })).toBe(true)
  })
})

describe('a replica may not serve', () => {
  test.for(['s_down', 'o_down', 'disconnected'])('when it is %s, also while the primary is down', (flag) => {
    expect(eligible({ flags: new Set(['slave', flag]) })).toBe(false)
    expect(eligible({ flags: new Set([flag, 'slave']) }, true)).toBe(false)
  })

  test.for(['master', ''])(
    'when it says of itself that it is "%s", as an ex-primary does for a while',
    (roleReported) => {
      expect(eligible({ roleReported })).toBe(false)
      expect(eligible({ roleReported }, true)).toBe(false)
    },
  )

  test('when it never had a link, as an ex-primary before its first sync', () => {
    expect(eligible({ linkUp: false, linkDownFor: -1_000 })).toBe(false)
    expect(eligible({ linkUp: false, linkDownFor: -1_000 }, true)).toBe(false)
  })

  test('when it was never heard of', () => {
    expect(eligible({ primaryHost: '?', primaryPort: 0, linkUp: false })).toBe(false)
    expect(eligible({ primaryHost: '?', primaryPort: 0, linkUp: false }, true)).toBe(false)
  })

  test('when it follows another replica, unless the primary is down: then that one may be the next primary', () => {
    expect(eligible({ primaryHost: '10.0.0.3' })).toBe(false)
    expect(eligible({ primaryHost: '10.0.0.3' }, true)).toBe(true)
  })

  test('when it follows another replica of an IPv6 address', () => {
    const view = replica({ primaryHost: 'fd00::3' })
    expect(isEligible(view, new Set(['[fd00::3]:6379']), false)).toBe(false)
    expect(isEligible(view, others, false)).toBe(true)
  })
})

function eligible(own: Partial<ReplicaView> = {}, primaryDown = false): boolean {
  return isEligible(replica(own), others, primaryDown)
}

/** A healthy one, except for what is said. */
function replica(own: Partial<ReplicaView>): ReplicaView {
  return {
    host: '10.0.0.2',
    port: 6379,
    flags: new Set(['slave']),
    priority: 100,
    roleReported: 'slave',
    linkUp: true,
    linkDownFor: 0,
    primaryHost: '10.0.0.1',
    primaryPort: 6379,
    ...own,
  }
}

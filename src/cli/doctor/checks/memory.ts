import type { NodeFacts } from '../../look/facts.js'
import { numberIn } from '../../look/info.js'
import { bytesText } from '../../terminal/units.js'
import { ofTold, type Check, type Evidence, type Problem } from '../check.js'

/** Every server has a bound on its memory that its host has room for. */
export const memoryLimit: Check = {
  name: 'memory-limit',
  fine: ({ facts }) => ofTold(facts, 'every server has a maxmemory that fits its host'),
  problems: ({ facts }) =>
    facts.nodes.flatMap(({ address, told }): readonly Problem[] => {
      const [most, total] = [numberIn(told?.info, 'maxmemory'), numberIn(told?.info, 'total_system_memory')]
      if (most === undefined) return []
      const advice = 'set maxmemory to what the host can spare, and leave room for replicas and saving'
      if (most === 0)
        return [
          {
            level: 'warn',
            subject: address,
            message: 'maxmemory is not set: the server grows until the system ends it',
            advice,
          },
        ]
      if (total === undefined || most <= total * 0.9) return []
      const message = `maxmemory is ${bytesText(most)}, and its host has ${bytesText(total)} in all`
      return [{ level: 'warn', subject: address, message, advice }]
    }),
}

/** No server that refuses writes when it is full is nearly full. */
export const headroom: Check = {
  name: 'headroom',
  fine: ({ facts }) => ofTold(facts, 'no server is about to refuse writes for lack of memory'),
  problems: ({ facts }) =>
    facts.nodes.flatMap((node): readonly Problem[] => {
      const { used, most, policy } = memoryOf(node)
      if (most === 0 || policy !== 'noeviction' || used < most * 0.8) return []
      const message = `${bytesText(used)} of ${bytesText(most)} are used, and a server that is full refuses writes (OOM, maxmemory-policy noeviction)`
      const advice = 'raise maxmemory, shorten ttls, or let the server evict: maxmemory-policy allkeys-lru'
      return [{ level: used < most * 0.95 ? 'warn' : 'fail', subject: node.address, message, advice }]
    }),
}

/** No server evicts what the correctness of values depends on. */
export const eviction: Check = {
  name: 'eviction',
  fine: ({ facts }) => ofTold(facts, 'no server evicts what tags and loads depend on'),
  problems: ({ facts, cache }) => {
    const endangered = dependents(cache)
    if (endangered === undefined) return []
    return facts.nodes.flatMap((node): readonly Problem[] => {
      const { most, policy } = memoryOf(node)
      if (most === 0 || policy === 'noeviction') return []
      const message = `the server may evict ${endangered} (maxmemory-policy ${policy})`
      return [{ level: 'warn', subject: node.address, message, advice: 'set maxmemory-policy noeviction' }]
    })
  },
}

/** What stands beside the values of such a cache and must outlive them. */
function dependents({ codec, loading }: Evidence['cache']): string | undefined {
  const tags =
    codec.format === 'framed'
      ? 'what is known of tags, so that values that were invalidated are served again'
      : undefined
  const leases = loading.singleFlight === 'fleet' ? 'the locks of loads, so that a key is loaded twice' : undefined
  return tags === undefined ? leases : leases === undefined ? tags : `${tags}, and ${leases}`
}

function memoryOf({ told }: NodeFacts): { readonly used: number; readonly most: number; readonly policy: string } {
  const info = told?.info
  return {
    used: numberIn(info, 'used_memory') ?? 0,
    most: numberIn(info, 'maxmemory') ?? 0,
    policy: info?.get('maxmemory_policy') ?? 'noeviction',
  }
}

export const memoryChecks: readonly Check[] = [memoryLimit, headroom, eviction]

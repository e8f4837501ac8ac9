import { addressOf, type Address } from '../../connection/connection.js'
import type { SentinelFacts } from '../look/facts.js'
import type { SentinelView } from '../look/sentinel.js'

/** A sentinel that knows the service, and how it sees it. */
export interface Witness {
  readonly address: Address
  readonly view: SentinelView
}

/** What some sentinels say together. */
export interface Claim {
  readonly primary: Address
  readonly epoch: number
  readonly by: readonly Address[]
}

export function witnessesOf(sentinels: readonly SentinelFacts[]): readonly Witness[] {
  return sentinels.flatMap(({ address, told }) => (told?.view === undefined ? [] : [{ address, view: told.view }]))
}

/** What the sentinels say of the primary: the newest epoch first, and in it what most of them say. Pure. */
export function claimsOf(witnesses: readonly Witness[]): readonly Claim[] {
  const claims = new Map<string, Claim>()
  for (const { address, view } of witnesses) {
    const claim = { primary: addressOf(view.primary), epoch: view.epoch }
    const key = `${claim.primary} ${claim.epoch}`
    claims.set(key, { ...claim, by: [...(claims.get(key)?.by ?? []), address] })
  }
  return [...claims.values()].sort((one, other) => other.epoch - one.epoch || other.by.length - one.by.length)
}

/** How many sentinels one sees, how many a failover takes, and whether there are enough, by our count and by its own. Pure. */
export function quorumOf({ electorate, others, quorum = 1, quorumCheck }: SentinelView): {
  readonly seen: number
  readonly needed: number
  readonly reached: boolean
} {
  const seen = 1 + others.filter(({ down }) => !down).length
  const needed = Math.max(quorum, Math.floor(electorate / 2) + 1)
  return { seen, needed, reached: seen >= needed && quorumCheck?.startsWith('NOQUORUM') !== true }
}

/** `a says x in epoch 1, b and c say y in epoch 2`. Pure. */
export function claimsText(claims: readonly Claim[]): string {
  const texts = claims.map(
    ({ primary, epoch, by }) => `${by.join(' and ')} ${by.length === 1 ? 'says' : 'say'} ${primary} in epoch ${epoch}`,
  )
  return texts.join(', ')
}

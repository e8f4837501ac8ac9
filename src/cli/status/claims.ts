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

/** How many sentinels are more than half of those that one knows of. */
export function majorityOf({ electorate }: SentinelView): number {
  return Math.floor(electorate / 2) + 1
}

/** What keeps a sentinel from ordering a failover, by our count of those that it sees or by its own (CKQUORUM). Pure. */
export function lackOfQuorum(view: SentinelView): string | undefined {
  const { electorate, others, quorum = 1, quorumCheck } = view
  const [seen, needed] = [1 + others.filter(({ down }) => !down).length, Math.max(quorum, majorityOf(view))]
  if (seen < needed) return `sees ${seen} of ${electorate} sentinels, and a failover takes ${needed}`
  return quorumCheck?.startsWith('NOQUORUM') ? `says ${quorumCheck}` : undefined
}

/** `a says x in epoch 1, b and c say y in epoch 2`. Pure. */
export function claimsText(claims: readonly Claim[]): string {
  const texts = claims.map(
    ({ primary, epoch, by }) => `${by.join(' and ')} ${by.length === 1 ? 'says' : 'say'} ${primary} in epoch ${epoch}`,
  )
  return texts.join(', ')
}

import type { Milliseconds } from '../../../units.js'
import type { SentinelFacts } from '../../look/facts.js'
import type { SentinelView } from '../../look/sentinel.js'
import { claimsOf, claimsText, lackOfQuorum, majorityOf, witnessesOf, type Witness } from '../../status/claims.js'
import { countText, timeText } from '../../terminal/units.js'
import { uselessness, type Check, type Problem } from '../check.js'

/** Every sentinel that is configured, or named by another, answers us. */
export const sentinelsAnswer: Check = {
  name: 'sentinels-answer',
  fine: ({ facts: { sentinels } }) => (sentinels.length === 0 ? undefined : 'every sentinel answers'),
  problems: ({ facts: { sentinels } }) =>
    sentinels
      .filter(({ state }) => state !== 'up' && state !== 'refused')
      .map((sentinel) => ({
        level: 'fail',
        subject: sentinel.address,
        message: uselessness('sentinel', sentinel),
        advice: adviceFor(sentinel),
      })),
}

function adviceFor({ configured }: SentinelFacts): string {
  return configured
    ? 'start it, let its host and port through, or correct sentinels'
    : 'start it, or announce an address that can be reached (sentinel announce-ip, or addressMap here); if it is gone for good, run SENTINEL RESET on the others, one after the other'
}

/** Every sentinel that answers monitors the service. */
export const serviceKnown: Check = {
  name: 'service-known',
  fine: ({ facts: { name, sentinels } }) =>
    sentinels.some(({ state }) => state === 'up') ? `all sentinels that answer monitor "${name}"` : undefined,
  problems: ({ facts: { name, sentinels } }) =>
    sentinels
      .filter(({ state, told }) => state === 'up' && told?.view === undefined)
      .map(({ address }) => ({
        level: 'fail',
        subject: address,
        message: `the sentinel does not monitor "${name}"`,
        advice: `run SENTINEL MONITOR ${name} there with the address of the primary, or correct the name in location (case counts)`,
      })),
}

/** All sentinels name the same primary in the same epoch. */
export const sentinelsAgree: Check = {
  name: 'sentinels-agree',
  fine({ facts: { sentinels } }) {
    const [claim] = claimsOf(witnessesOf(sentinels))
    return claim && `all sentinels name ${claim.primary} in epoch ${claim.epoch}`
  },
  problems({ facts: { sentinels } }) {
    const claims = claimsOf(witnessesOf(sentinels))
    if (claims.length <= 1) return []
    const message = `the sentinels disagree: ${claimsText(claims)}`
    const advice =
      'look again in a few seconds, for a failover may be under way; if it stays, the sentinels cannot reach each other, or one was configured anew: repair the network, or SENTINEL REMOVE and MONITOR the service there'
    return [{ level: 'fail', message, advice }]
  },
}

/** From every sentinel, enough others can be reached to order a failover: the quorum, and a majority. */
export const quorum: Check = {
  name: 'quorum',
  fine: ({ facts: { sentinels } }) => ofWitnesses(sentinels, 'every sentinel sees the quorum and a majority'),
  problems: ({ facts: { sentinels } }) => witnessesOf(sentinels).flatMap(quorumProblem),
}

function quorumProblem({ address, view }: Witness): readonly Problem[] {
  const { electorate, quorum: asked = 1 } = view
  if (asked > electorate)
    return [
      {
        level: 'fail',
        subject: address,
        message: `the quorum is ${asked}, and the sentinel knows of ${electorate} in all: nothing can ever be found to be down`,
        advice: `run SENTINEL SET <service> quorum ${majorityOf(view)} on every sentinel`,
      },
    ]
  const lack = lackOfQuorum(view)
  if (lack === undefined) return []
  return [
    {
      level: 'fail',
      subject: address,
      message: `the sentinel ${lack}`,
      advice:
        'start the others; if some are gone for good, run SENTINEL RESET on those that are left, one after the other',
    },
  ]
}

/** There are enough sentinels that one of them may be lost. */
export const sentinelCount: Check = {
  name: 'sentinel-count',
  fine: ({ facts: { sentinels } }) =>
    ofWitnesses(sentinels, `the sentinels count ${countText(mostCounted(sentinels), 'sentinel')}`),
  problems({ facts: { sentinels } }) {
    const count = mostCounted(sentinels)
    if (count >= 3) return []
    const message = `there ${count === 1 ? 'is' : 'are'} ${countText(count, 'sentinel')}: when one is lost there is no failover`
    return [{ level: 'warn', message, advice: 'run three or more, on hosts that do not fail together' }]
  },
}

function mostCounted(sentinels: readonly SentinelFacts[]): number {
  return Math.max(0, ...witnessesOf(sentinels).map(({ view }) => view.electorate))
}

/** All sentinels have the same settings of the service. */
export const sentinelSettings: Check = {
  name: 'sentinel-settings',
  fine: ({ facts: { sentinels } }) => ofWitnesses(sentinels, 'all sentinels have the same settings'),
  problems({ facts: { sentinels } }) {
    const witnesses = witnessesOf(sentinels)
    return settings.flatMap(([name, read]): readonly Problem[] => {
      const values = new Set(witnesses.map(({ view }) => read(view)))
      if (values.size <= 1) return []
      const told = witnesses.map(({ address, view }) => `${address} ${read(view)}`).join(', ')
      const advice = `SENTINEL SET is not passed on: run SENTINEL SET <service> ${name} on every sentinel`
      return [{ level: 'warn', message: `${name} differs: ${told}`, advice }]
    })
  },
}

const settings: readonly (readonly [name: string, read: (view: SentinelView) => number | undefined])[] = [
  ['quorum', ({ quorum: count }) => count],
  ['down-after-milliseconds', ({ downAfter }) => downAfter],
  ['failover-timeout', ({ failoverTimeout }) => failoverTimeout],
]

/** No sentinel stands still. */
export const sentinelTilt: Check = {
  name: 'sentinel-tilt',
  fine: ({ facts: { sentinels } }) => ofWitnesses(sentinels, 'no sentinel is in TILT mode'),
  problems: ({ facts: { sentinels } }) =>
    sentinels
      .filter(({ told }) => told?.tilt === true)
      .map(({ address }) => ({
        level: 'fail',
        subject: address,
        message: 'the sentinel is in TILT mode: its clock jumped, or its process stood still, and it acts on nothing',
        advice: 'it ends by itself after 30 s; if it comes back, see to the clock and the load of that host',
      })),
}

/** A failover is over before a write gives up, and begins for no lesser reason than a dead primary. */
export const failoverTime: Check = {
  name: 'failover-time',
  fine({ facts: { sentinels }, remote }) {
    const longest = longestDownAfter(sentinels)
    const deadline = timeText(remote.commands.writeDeadline)
    return longest === undefined
      ? undefined
      : `writes wait ${deadline}, and a primary counts as down after ${timeText(longest)}`
  },
  problems({ facts: { sentinels }, remote }) {
    const longest = longestDownAfter(sentinels) ?? 0
    return [...tooSlow(longest, remote.commands.writeDeadline), ...tooFast(longest)]
  },
}

function tooSlow(downAfter: Milliseconds, writeDeadline: Milliseconds): readonly Problem[] {
  if (downAfter + election <= writeDeadline) return []
  const message =
    `writes give up after ${timeText(writeDeadline)}, and when the primary dies the new one is there after ` +
    `${timeText(downAfter + election)}: down-after-milliseconds is ${downAfter}`
  const advice = `${setDownAfter}, or raise writeDeadline`
  return [{ level: 'warn', message, advice }]
}

function tooFast(downAfter: Milliseconds): readonly Problem[] {
  if (downAfter > pingPeriod) return []
  const message = `down-after-milliseconds is ${downAfter}, no longer than the sentinels' ping period: they may fail over twice in a row, or for a pause`
  return [{ level: 'warn', message, advice: setDownAfter }]
}

function longestDownAfter(sentinels: readonly SentinelFacts[]): Milliseconds | undefined {
  const known = witnessesOf(sentinels).flatMap(({ view }) => view.downAfter ?? [])
  return known.length === 0 ? undefined : Math.max(...known)
}

function ofWitnesses(sentinels: readonly SentinelFacts[], fine: string): string | undefined {
  return witnessesOf(sentinels).length === 0 ? undefined : fine
}

/** What follows until the promoted replica accepts writes, when the primary was frozen; see docs/failover.md. */
const election: Milliseconds = 1_500
const pingPeriod: Milliseconds = 1_000
const setDownAfter = 'run SENTINEL SET <service> down-after-milliseconds 3000 on every sentinel'

/** Those of Sentinel, in the order in which they are told. */
export const sentinelChecks: readonly Check[] = [
  sentinelsAnswer,
  serviceKnown,
  sentinelsAgree,
  quorum,
  sentinelCount,
  sentinelSettings,
  sentinelTilt,
  failoverTime,
]

import { addressOf, type Address, type NodeTarget } from '../../connection/connection.js'
import type { SentinelEvent } from './events.js'

type FailoverEvent = Extract<SentinelEvent, { kind: 'failover' }>

/** A failover that one sentinel leads, as far as we heard. */
export interface Failover {
  /** The primary that it replaces. */
  readonly from: Address
  /** The config-epoch that its outcome will have; `undefined` when its beginning was not heard. */
  readonly epoch: number | undefined
  readonly candidate: NodeTarget | undefined
  /**
   * Whether it is a coordinated one (Valkey from 9.0 on): the primary itself pauses its writes and hands over, and the
   * sentinel drops the clients of both when it notices. Only an answer says so; messages are those of the plain form.
   */
  readonly coordinated: boolean
}

/** What was heard of one sentinel's failovers, in order. */
export interface FailoverLog {
  /** The epoch that it announced last. */
  readonly epoch: number | undefined
  readonly failover: Failover | undefined
}

export const quiet: FailoverLog = { epoch: undefined, failover: undefined }

/** Takes in the next message of the same sentinel. Pure. */
export function follow(log: FailoverLog, event: SentinelEvent): FailoverLog {
  switch (event.kind) {
    case 'hint':
      return log
    case 'epoch':
      return { ...log, epoch: event.epoch }
    case 'failover':
      return { ...log, failover: begun(log, event) }
    case 'aborted':
    case 'done':
      return { ...log, failover: undefined }
  }
}

/** Takes in its answer to a question, which says as much, but not the epoch. Pure. */
export function confirm(log: FailoverLog, seen: Omit<Failover, 'epoch'> | undefined): FailoverLog {
  if (seen === undefined) return log.failover === undefined ? log : { ...log, failover: undefined }
  const known = log.failover?.from === seen.from ? log.failover : undefined
  return { ...log, failover: { ...seen, epoch: known?.epoch, candidate: seen.candidate ?? known?.candidate } }
}

/** The failover of this primary that counts: one that names its candidate, of the highest epoch. Pure. */
export function failoverOf(primary: NodeTarget, logs: readonly FailoverLog[]): Failover | undefined {
  const from = addressOf(primary)
  const ours = logs.flatMap(({ failover }) => (failover?.from === from ? [failover] : []))
  const weight = ({ candidate, epoch }: Failover): number => (candidate ? 1e12 : 0) + (epoch ?? 0)
  return ours.toSorted((one, other) => weight(other) - weight(one))[0]
}

/**
 * The coordinated failover that made this server the primary, while its clients may still be dropped: some sentinel leads
 * it. Pure.
 */
export function handoverTo(primary: NodeTarget, logs: readonly FailoverLog[]): Failover | undefined {
  const address = addressOf(primary)
  return logs
    .flatMap(({ failover }) => (failover === undefined ? [] : [failover]))
    .find(({ candidate, coordinated }) => coordinated && candidate && addressOf(candidate) === address)
}

function begun(log: FailoverLog, { from, candidate }: FailoverEvent): Failover {
  const coordinated = log.failover?.from === from && log.failover.coordinated
  return { from, epoch: epochOf(log, from), candidate, coordinated }
}

/** It announces the epoch just before the failover; those that it announces meanwhile are others'. */
function epochOf({ epoch, failover }: FailoverLog, from: Address): number | undefined {
  return failover?.from === from ? (failover.epoch ?? epoch) : epoch
}

import type { Milliseconds } from '../../units.js'
import { LabError } from '../lab-error.js'
import { loopback } from '../ports.js'

/** Whose connections: of one server, of all servers that stand in for each other, or of everybody else. */
export type Peer = 'clients' | 'servers' | Dialler

/** A server by where it dials from: a {@link LabServer} of a proxied group. */
export interface Dialler {
  readonly address: string
  readonly source: string | undefined
}

/** Which connections a fault hits. */
export interface FaultOptions {
  /** Hits only the connections that come from there. @default all connections */
  readonly from?: Peer | undefined
}

/** A message that a server publishes to a subscriber. */
export interface PublishedMessage {
  readonly channel: string
  readonly text: string
}

/** Whether a message is meant. */
export type MessageTest = (message: PublishedMessage) => boolean

/** What happens to the connections whose source `hits` accepts. */
export interface Fault {
  readonly hits: (source: string) => boolean
  readonly cut?: true
  readonly held?: true
  readonly delay?: Milliseconds
  readonly swallows?: MessageTest
}

/** What all faults together come to for one connection. */
export interface Effects {
  readonly cut: boolean
  readonly held: boolean
  readonly delay: Milliseconds
  readonly swallows: MessageTest | undefined
}

/** Of several delays the last holds; a message is swallowed if any of the faults says so. */
export function effectsOn(source: string, faults: readonly Fault[]): Effects {
  const felt = faults.filter(({ hits }) => hits(source))
  const tests = felt.flatMap(({ swallows }) => swallows ?? [])
  return {
    cut: felt.some(({ cut }) => cut),
    held: felt.some(({ held }) => held),
    delay: felt.findLast(({ delay }) => delay !== undefined)?.delay ?? 0,
    swallows: tests.length === 0 ? undefined : (message) => tests.some((test) => test(message)),
  }
}

/** @throws {LabError} E_LAB when the server's connections cannot be told from others */
export function comesFrom(peer: Peer | undefined): (source: string) => boolean {
  if (peer === undefined) return () => true
  if (peer === 'clients') return (source) => source === loopback
  if (peer === 'servers') return (source) => source !== loopback
  const { source: wanted, address } = peer
  if (wanted !== undefined) return (source) => source === wanted
  throw new LabError(`The connections of ${address} cannot be told from others: start its group with proxied: true.`)
}

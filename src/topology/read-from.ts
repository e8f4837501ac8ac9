import type { Address, Role } from '../connection/connection.js'
import { ConfigurationError } from '../errors.js'
import { show, type Milliseconds } from '../units.js'

/**
 * Which role answers a read. `…Preferred` falls back to the other role when there is none to use; `'any'` takes
 * whichever node is least busy, `'nearest'` the one with the shortest round trip, `'zone'` a replica in our availability
 * zone, else the primary if it is there, else any replica, else the primary; or a function that chooses.
 */
export type ReadFrom = ReadFromName | ReadFromFunction

/** The choices that have a name. */
export type ReadFromName = 'primary' | 'primaryPreferred' | 'replica' | 'replicaPreferred' | 'nearest' | 'zone' | 'any'

/**
 * Chooses the node of one read among those that answer, the primary included; one of those it is given, or `undefined`
 * to wait for a better one.
 */
export type ReadFromFunction = (nodes: readonly ReadCandidate[]) => ReadCandidate | undefined

/** A node that may answer a read. */
export interface ReadCandidate {
  readonly address: Address
  readonly role: Role
  /** Commands that wait for their replies. */
  readonly pending: number
  /** A round trip in ms, on average; `undefined` while that is not known. */
  readonly rtt: Milliseconds | undefined
  /** How far a replica is behind its primary, in ms; `undefined` while that is not known. */
  readonly lag: Milliseconds | undefined
  /** Its availability zone; `undefined` where it has none, or does not tell it. */
  readonly zone: string | undefined
  /** The IP address at which it is connected; `undefined` where only its name is known, and for a unix socket. */
  readonly ip: string | undefined
}

/** The roles to try, best first; roles in one tier are equal. */
export type Tiers = readonly (readonly Role[])[]

const named: Readonly<Record<ReadFromName, Tiers>> = {
  primary: [['primary']],
  primaryPreferred: [['primary'], ['replica']],
  replica: [['replica']],
  replicaPreferred: [['replica'], ['primary']],
  nearest: [['primary', 'replica']],
  zone: [['primary', 'replica']],
  any: [['primary', 'replica']],
}

const byName: ReadonlyMap<string, Tiers> = new Map(Object.entries(named))

/** @throws {ConfigurationError} E_CONFIG at `path` when it is neither a name nor a function */
export function isReadFrom(value: unknown, path: string): void {
  if (typeof value !== 'function' && !byName.has(value as string)) throw noReadFrom(value, path)
}

/** @throws {ConfigurationError} E_CONFIG when it is neither a name nor a function */
export function roleTiers(readFrom: ReadFrom): Tiers {
  if (typeof readFrom === 'function') return named.any
  const tiers = byName.get(readFrom)
  if (tiers === undefined) throw noReadFrom(readFrom, 'readFrom')
  return tiers
}

function noReadFrom(value: unknown, path: string): ConfigurationError {
  const names = [...byName.keys()].map(show).join(', ')
  return new ConfigurationError(path, `expected ${names} or a function, got ${show(value)}`)
}

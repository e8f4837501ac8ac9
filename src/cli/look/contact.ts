import {
  addressOf,
  isObservable,
  type Address,
  type Connection,
  type EncodedCommand,
  type NodeTarget,
} from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import type { ConnectionFactory } from '../../connection/factory.js'
import { limited } from '../../connection/limit.js'
import { readingOf, timeCommand } from '../../connection/server-clock.js'
import { AuthenticationError, CommandTimeoutError, ConnectionError } from '../../errors.js'
import { monotonicClock, wallClock, type Clock, type Milliseconds } from '../../units.js'

/**
 * How a server is found. `up`: it answers · `silent`: it can be connected to, or takes long to, and does not answer in
 * time · `down`: nothing listens there · `refused`: it does not accept our credentials · `unusable`: it answers with what
 * cannot be used.
 */
export type ContactState = 'up' | 'silent' | 'down' | 'refused' | 'unusable'

/** What asking one server came to. */
export interface Contact<Told> {
  readonly address: Address
  readonly target: NodeTarget
  readonly state: ContactState
  /** What went wrong, without the address; `undefined` where it is up. */
  readonly problem: string | undefined
  /** One round trip, in ms; `undefined` where none was completed. */
  readonly roundTrip: Milliseconds | undefined
  /** By how much its clock is ahead of this host's, in ms; `undefined` where it does not tell. */
  readonly ahead: Milliseconds | undefined
  /** How many of our questions it has not answered. */
  readonly pending: number
  /** What it said; `undefined` unless it is up. */
  readonly told: Told | undefined
}

/** How servers are asked. */
export interface ContactContext {
  readonly factory: ConnectionFactory
  /** When asking ends, on the loop clock. */
  readonly deadline: Milliseconds
  /** The clock of this host. @default the real one */
  readonly clock?: Clock | undefined
}

/** What a server is asked, once it is connected. */
export type Question<Told> = (connection: Connection, deadline: Milliseconds) => Promise<Told>

/** A command whose reply is read as text. */
export function text(...args: readonly string[]): EncodedCommand {
  return { args, decode: 'text' }
}

/** Connects to one server and asks it; never rejects. */
export async function contact<Told>(
  target: NodeTarget,
  { factory, deadline, clock = wallClock }: ContactContext,
  question: Question<Told>,
): Promise<Contact<Told>> {
  const address = addressOf(target)
  const left = Math.max(1, deadline - loopClock.now())
  const late = (): Error => new ConnectionError(address, noAnswer)
  let connection: Connection | undefined
  let answered: Pick<Contact<Told>, 'roundTrip' | 'ahead'> = { roundTrip: undefined, ahead: undefined }
  try {
    connection = await limited(neverAborted, left, late, (limit) => factory.connect(target, undefined, limit))
    answered = await ping(connection, deadline, clock)
    const told = await question(connection, deadline)
    return { address, target, state: 'up', problem: undefined, ...answered, pending: connection.pending, told }
  } catch (error) {
    const state = stateOf(error, loopClock.now() >= deadline)
    const pending = connection?.pending ?? (state === 'silent' ? 1 : 0)
    return { address, target, state, problem: problemOf(address, error), ...answered, pending, told: undefined }
  } finally {
    connection?.destroy()
  }
}

/** TIME takes no longer than PING, and says more; a refusal is an answer too. */
async function ping(
  connection: Connection,
  deadline: Milliseconds,
  clock: Clock,
): Promise<Pick<Contact<never>, 'roundTrip' | 'ahead'>> {
  const asked = monotonicClock.now()
  const [time = null] = await connection.batch([timeCommand], { deadline })
  const at = monotonicClock.now()
  const reading = readingOf(time, asked, at) ?? (isObservable(connection) ? connection.clock : undefined)
  return { roundTrip: at - asked, ahead: reading && reading.offset + monotonicClock.now() - clock.now() }
}

function stateOf(error: unknown, isLate: boolean): ContactState {
  if (error instanceof AuthenticationError) return 'refused'
  if (isLate || error instanceof CommandTimeoutError) return 'silent'
  return isUnreachable(error) ? 'down' : 'unusable'
}

/** Whether the system says that nobody answers: of a host with several addresses, at each of them. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof ConnectionError) return isUnreachable(error.cause)
  if (error instanceof AggregateError) return error.errors.every(isUnreachable)
  return error instanceof Error && 'code' in error && unreachable.has(error.code)
}

/** In the error's own words, without the address in front. */
function problemOf(address: Address, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return text.slice(text.startsWith(`${address}: `) ? address.length + 2 : 0).replace(/\.$/, '')
}

/** What the system says where nobody answers. */
const unreachable: ReadonlySet<unknown> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'ETIMEDOUT',
])

const neverAborted = new AbortController().signal
const noAnswer = 'no answer in time; is it overloaded or frozen, or does a firewall drop what we send?'

import type { ExecuteOptions } from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import type { CommandError } from '../errors.js'
import type { CallTrace } from '../telemetry/observer.js'
import type { ReadFrom } from '../topology/read-from.js'
import type { Milliseconds } from '../units.js'
import type { Call } from './command.js'

/** What the executor must know of the work, beside how to do it. */
export type Job = Pick<
  Call<unknown>,
  'name' | 'intent' | 'keys' | 'args' | 'idempotent' | 'unordered' | 'divide' | 'spares'
> & {
  /** How many commands travel together; absent for one that travels by itself. */
  readonly size?: number
}

/** How the work is done on one node, and how its outcome reads. */
export interface Work<Of extends Job, Raw, Out> {
  readonly attempt: (
    job: Of,
    node: Node,
    options: ExecuteOptions,
    resolve: (raw: Raw) => void,
    reject: (reason: unknown) => void,
  ) => void
  readonly read: (job: Of, raw: Raw) => Out
  /**
   * Says who goes on with a call whose attempt a server answered with an error.
   * @default what follows any such error
   */
  readonly redirect?: ((call: Unfinished, node: Node, error: CommandError) => Redirected | undefined) | undefined
}

/**
 * `taken`: others go on with the call · `again`: it has not run, and is tried again in its place, for another server has
 * taken the place of the one that refused it.
 */
export type Redirected = 'taken' | 'again'

/** A call as another executor needs it to go on with it. */
export interface Unfinished extends Bounds {
  readonly job: Job
  readonly work: Work<Job, unknown, unknown>
  /** Its place among the calls of its executor. */
  readonly sequence: number
  readonly started: Milliseconds
  readonly attempts: number
  readonly trace: CallTrace | undefined
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

/** An attempt that gives a promise. */
export function promised<Of extends Job, Raw>(
  attempt: (job: Of, node: Node, options: ExecuteOptions) => Promise<Raw>,
): Work<Of, Raw, unknown>['attempt'] {
  return (job, node, options, resolve, reject) => void attempt(job, node, options).then(resolve, reject)
}

/** What all attempts of one call share. */
export interface Bounds {
  readonly deadline: Milliseconds
  readonly signal: AbortSignal | undefined
  readonly readFrom: ReadFrom
  /** How long a reply may take to begin before a read is asked of another node as well, in ms. @default what is usual for the node */
  readonly attemptTimeout: Milliseconds | undefined
  /** Whether it reads what this cache wrote lately: a replica may not have it. @default false */
  readonly own?: boolean
  /** The node that is taken while it is up. @default the router's choice */
  readonly prefer?: Node | undefined
  /** Whether each attempt says ASKING first. @default false */
  readonly asking?: boolean
}

/** What an observer is told of a call. */
export interface ObservedCall {
  /** The command's name, such as `GET`; of several that travel together their names. */
  readonly name: string
  readonly intent: 'read' | 'write'
  readonly keys: readonly string[]
  /** How many commands travel together; absent for one that travels by itself. */
  readonly size?: number
}

/** Why a call is sent to a node: for the first time, after a failure, or beside another node that has not answered. */
export type AttemptKind = 'first' | 'retry' | 'hedge'

/** Hears of one call. */
export interface CallTrace {
  /** It is sent to a node, `host:port`. */
  attempt(address: string, kind: AttemptKind): void
  /** It is over; `error` is why it rejects, `undefined` when it does not. */
  end(error: unknown): void
}

/** Hears of the start, the attempts and the end of each call; while there is none, calls pay nothing for it. */
export interface CallObserver {
  /** A call begins; `undefined`: this one is of no interest. */
  begin(call: ObservedCall): CallTrace | undefined
}

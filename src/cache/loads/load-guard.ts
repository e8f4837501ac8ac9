import type { CallOptions } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import type { Value } from '../../codec/value.js'
import type { LoadRequest } from './load-request.js'
import type { Replaces } from './outcome.js'

/**
 * Whose turn it is. `'ours'`: the loader runs here, and its value may replace this · `'theirs'`: another process has
 * loaded the value · `'nobody'`: another process loads it, and here nobody waits for it.
 */
export type LoadTurn =
  | { readonly kind: 'ours'; readonly replaces: Replaces }
  | { readonly kind: 'theirs'; readonly value: unknown; readonly stored: Value }
  | { readonly kind: 'nobody' }

/** A load that waits for its turn. */
export interface Entering {
  /** Whether somebody waits for the value. */
  readonly isWanted: () => boolean
  /** Aborts when the load is given up. */
  readonly signal: AbortSignal
  /** Told when the value will not be written any more, for another process has written the key, or may load it. */
  readonly onLost: () => void
}

/** What keeps loads of other processes from running beside one of this process. */
export interface LoadGuard {
  /** Waits for the load's turn. @throws the signal's reason when it aborts */
  enter(load: Entering): Promise<LoadTurn>
  /**
   * Makes the guard of another load of the key in this process, which runs beside this one while it is its turn; of the
   * two the first that is written back is kept. `undefined` when it is not its turn.
   * @param replaces what the other load may replace
   */
  beside(replaces: Replaces): LoadGuard | undefined
  /** Runs what writes the value back; afterwards it is the turn of others. */
  write(call: Call<unknown>, options: CallOptions): Promise<unknown>
  /** Nothing is written back: it is the turn of others. May be called at any time, and again. */
  end(): void
}

/** Makes the guard of a load. @param onOutage told why it runs unguarded; throws what is no outage */
export type MakeGuard = (
  key: string,
  request: Pick<LoadRequest, 'policy' | 'replaces' | 'tags'>,
  onOutage: (error: unknown) => void,
) => LoadGuard | undefined

/** The same guard, which tells of the wait for each turn. */
export function announced(guard: LoadGuard, onEnter: (turn: Promise<LoadTurn>) => void): LoadGuard {
  return {
    enter: (load) => {
      const turn = guard.enter(load)
      onEnter(turn)
      return turn
    },
    beside: (replaces) => guard.beside(replaces),
    write: (call, options) => guard.write(call, options),
    end: () => guard.end(),
  }
}

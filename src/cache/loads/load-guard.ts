import type { CallOptions } from '../../clients/client.js'
import type { Call } from '../../clients/command.js'
import type { Value } from '../../codec/value.js'
import type { Replaces } from './outcome.js'

/**
 * Whose turn it is. `'ours'`: the loader runs here, and its value may replace this · `'theirs'`: another process has
 * loaded the value · `'nobody'`: another process loads it, and here nobody waits for it.
 */
export type LoadTurn =
  | { readonly kind: 'ours'; readonly replaces: Replaces }
  | { readonly kind: 'theirs'; readonly value: unknown; readonly stored: Value }
  | { readonly kind: 'nobody' }

/** What keeps loads of other processes from running beside one of this process. */
export interface LoadGuard {
  /**
   * Waits for the load's turn.
   * @param isWanted whether somebody waits for the value
   * @throws the signal's reason when it aborts
   */
  enter(isWanted: () => boolean, signal: AbortSignal): Promise<LoadTurn>
  /** Runs what writes the value back; afterwards it is the turn of others. */
  write(call: Call<unknown>, options: CallOptions): Promise<unknown>
  /** Nothing is written back: it is the turn of others. May be called at any time, and again. */
  end(): void
}

import type { ExitCode } from './exit-code.js'
import type { Given, Takes } from './given.js'
import type { Surroundings } from './surroundings.js'

/** One command of the command line. */
export interface Command extends Takes {
  /** Its arguments and its own options, as the help shows them. */
  readonly usage: string
  /** What it does, in one line of the help. */
  readonly summary: string
  run(given: Given, surroundings: Surroundings): Promise<ExitCode>
}

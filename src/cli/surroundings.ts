import type { Readable } from 'node:stream'

/** Where text is written: a terminal, a file, or a test. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** Where text is read. */
export type Input = Readable & {
  readonly isTTY?: boolean | undefined
  setRawMode?(raw: boolean): unknown
}

/** What a command finds around it: those of the process, or those of a test. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The current folder. */
  readonly folder: string
  readonly stdin: Input
  readonly stdout: Output
  readonly stderr: Output
  /** Aborts when the user asks to stop. Who does not ask for it is ended by that. */
  readonly stop: AbortSignal
}

/** What a command exits with. 0: all is well, or there are warnings only · 1: something is wrong · 2: it could not look. */
export type ExitCode = 0 | 1 | 2

/** The worse of several. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  return Math.max(0, ...codes) as ExitCode
}

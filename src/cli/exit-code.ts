/** What a command exits with. 0: all is well, or there are warnings only · 1: something is wrong · 2: it could not look. */
export type ExitCode = 0 | 1 | 2

import { expect } from 'vitest'

/** The code of an error of a server that does not answer: it depends on how far a connection to it has come. */
export const unusable: unknown = expect.stringMatching(/^E_(TIMEOUT|CONNECTION|INTERRUPTED)$/)

import type { SessionCallback } from '../../src/adapters/express-session/index.js'

/** Awaits what a method of a session store calls back with. */
export function called<Value>(work: (callback: SessionCallback<Value>) => void): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    work((error, value) => (error === null || error === undefined ? resolve(value) : reject(error)))
  })
}

import type { Commands } from '../command.js'
import { wrongArity } from '../refusal.js'

export const serverCommands: Commands = {
  PING: [
    -1,
    (_, [message = 'PONG', ...more]) => {
      if (more.length > 0) throw wrongArity('ping')
      return message
    },
  ],
  ECHO: [2, (_, [message = '']) => message],
  TIME: [1, (keyspace) => timeOf(keyspace.now)],
}

/** Seconds, and the microseconds on top of them. */
function timeOf(now: number): string[] {
  const seconds = Math.floor(now / 1_000)
  return [String(seconds), String(Math.floor((now - seconds * 1_000) * 1_000))]
}

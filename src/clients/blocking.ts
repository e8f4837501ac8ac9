import type { Milliseconds } from '../units.js'
import type { Value } from './command.js'

/** How long a command lets the server wait, in ms; 0 when it does not, or when it would for ever. */
export function blockingTime(args: readonly Value[]): Milliseconds {
  const name = String(args[0]).toUpperCase()
  const place = places[name]?.(args)
  const time = place === undefined ? 0 : Number(args[place])
  return Number.isFinite(time) && time > 0 ? time * (inMilliseconds.has(name) ? 1 : 1_000) : 0
}

/** Where the time stands: at the end, in front, or behind the word BLOCK. */
type Place = (args: readonly Value[]) => number | undefined
const last: Place = (args) => args.length - 1
const first: Place = () => 1
const behindBlock: Place = (args) => {
  const at = args.findIndex((word, index) => index > 0 && String(word).toUpperCase() === 'BLOCK')
  return at < 0 ? undefined : at + 1
}

const places: Readonly<Record<string, Place>> = {
  BLPOP: last,
  BRPOP: last,
  BRPOPLPUSH: last,
  BLMOVE: last,
  BLMPOP: first,
  BZPOPMIN: last,
  BZPOPMAX: last,
  BZMPOP: first,
  XREAD: behindBlock,
  XREADGROUP: behindBlock,
  WAIT: last,
  WAITAOF: last,
}
const inMilliseconds = new Set(['XREAD', 'XREADGROUP', 'WAIT', 'WAITAOF'])

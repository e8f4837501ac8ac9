import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import { readOptions, type Commands, type Run } from '../command.js'
import { matchesGlob } from '../../../keys/glob.js'
import type { Keyspace, Kind, Kinds } from '../keyspace.js'
import { doubleText, toInteger } from '../numbers.js'
import { Refusal, syntaxError } from '../refusal.js'

export const scanCommands: Commands = {
  SCAN: [-2, scan],
  SSCAN: [-3, scanInside('set', (set) => Array.from(set, (member) => [member]))],
  HSCAN: [-3, scanInside('hash', (hash) => [...hash])],
  ZSCAN: [-3, scanInside('zset', (zset) => zset.slice().map(({ member, score }) => [member, doubleText(score)]))],
}

/** The cursor is the number of the key to go on with: what is there all the time is found, whatever else comes and goes. */
function scan(keyspace: Keyspace, [cursor = '', ...words]: readonly Binary[]): Reply {
  const from = cursorOf(cursor)
  const { pattern, count, kind } = optionsOf(words)
  const found: Binary[] = []
  let looked = 0
  for (const [key, created] of keyspace.keys(from)) {
    if (looked++ === count) return [String(created), found]
    if (matchesGlob(pattern, key) && (kind === undefined || kind === keyspace.kindOf(key))) found.push(key)
  }
  return ['0', found]
}

/** All at once: a collection is in this process already. */
function scanInside<K extends Kind>(kind: K, itemsOf: (value: Kinds[K]) => readonly Binary[][]): Run {
  return (keyspace, [key = '', cursor = '', ...words]) => {
    cursorOf(cursor)
    const value = keyspace.get(key, kind)
    if (value === undefined) return ['0', []]
    const { pattern } = optionsOf(words)
    const found = itemsOf(value).filter(([name = '']) => matchesGlob(pattern, name))
    return ['0', found.flat()]
  }
}

function cursorOf(text: Binary): number {
  if (!/^\d+$/.test(text)) throw new Refusal('ERR invalid cursor')
  return Number(text)
}

function optionsOf(words: readonly Binary[]): { pattern: Binary; count: number; kind: Binary | undefined } {
  let [pattern, count, kind] = ['*', 10, undefined as Binary | undefined]
  readOptions(words, {
    MATCH: (next) => (pattern = next()),
    COUNT: (next) => {
      count = Number(toInteger(next()))
      if (count < 1) throw syntaxError()
    },
    TYPE: (next) => (kind = next().toLowerCase()),
  })
  return { pattern, count, kind }
}

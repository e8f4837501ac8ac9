import type { Reply } from '../../../connection/connection.js'
import type { Binary } from '../binary.js'
import type { Commands } from '../command.js'
import { matchesGlob } from '../../../keys/glob.js'
import type { Keyspace } from '../keyspace.js'
import { Refusal, syntaxError } from '../refusal.js'

export const keyCommands: Commands = {
  EXISTS: [-2, (keyspace, keys) => keys.filter((key) => keyspace.has(key)).length],
  TOUCH: [-2, (keyspace, keys) => keys.filter((key) => keyspace.has(key)).length],
  DEL: [-2, (keyspace, keys) => keys.filter((key) => keyspace.delete(key)).length],
  UNLINK: [-2, (keyspace, keys) => keys.filter((key) => keyspace.delete(key)).length],
  TYPE: [2, (keyspace, [key = '']) => keyspace.kindOf(key) ?? 'none'],
  RENAME: [3, (keyspace, [from = '', to = '']) => (rename(keyspace, from, to), 'OK')],
  RENAMENX: [3, renameNx],
  KEYS: [2, (keyspace, [pattern = '']) => namesOf(keyspace).filter((key) => matchesGlob(pattern, key))],
  DBSIZE: [1, (keyspace) => keyspace.size],
  FLUSHDB: [-1, flush],
  FLUSHALL: [-1, flush],
}

function namesOf(keyspace: Keyspace): readonly Binary[] {
  return Array.from(keyspace.keys(), ([key]) => key)
}

function rename(keyspace: Keyspace, from: Binary, to: Binary): void {
  const entry = keyspace.find(from)
  if (entry === undefined) throw new Refusal('ERR no such key')
  if (from === to) return
  keyspace.put(to, entry.value, entry.expiresAt)
  keyspace.delete(from)
}

function renameNx(keyspace: Keyspace, [from = '', to = '']: readonly Binary[]): Reply {
  if (keyspace.has(from) && keyspace.has(to)) return 0
  rename(keyspace, from, to)
  return 1
}

function flush(keyspace: Keyspace, words: readonly Binary[]): Reply {
  if (words.length > 1 || !/^a?sync$/i.test(words[0] ?? 'sync')) throw syntaxError()
  keyspace.clear()
  return 'OK'
}

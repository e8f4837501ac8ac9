import type { Touch } from '../connection.js'
import type { PendingCommand } from './pending.js'

/** A command that has no reply. */
type Unanswered = { readonly command: Touch } & Partial<Pick<PendingCommand, 'control' | 'settled' | 'sent'>>

/** The keys of the writes that have no reply; `'all'` when one of them has no keys, for it touches all. Pure. */
export function keysOfWrites(commands: Iterable<Unanswered>): ReadonlySet<string> | 'all' {
  const touched = new Set<string>()
  for (const { command, control, settled, sent } of commands) {
    if (control || command.intent === 'read' || (settled && !sent)) continue
    if (isKeyless(command.keys)) return 'all'
    for (const key of command.keys) touched.add(key)
  }
  return touched
}

/** Whether keys are among those that were touched; without any, whether anything was. Pure. */
export function touches(touched: ReadonlySet<string> | 'all', keys: readonly string[] | undefined): boolean {
  if (touched === 'all') return true
  return isKeyless(keys) ? touched.size > 0 : keys.some((key) => touched.has(key))
}

/** Whether another connection may answer a command: a read that touches no such key, whose reply has not begun. Pure. */
export function canMove(
  { command, control, settled, progress }: PendingCommand,
  touched: ReadonlySet<string> | 'all',
): boolean {
  if (settled || control || command.intent !== 'read' || progress?.begun) return false
  return !touches(touched, command.keys)
}

function isKeyless(keys: readonly string[] | undefined): keys is undefined {
  return keys === undefined || keys.length === 0
}

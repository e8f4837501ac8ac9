import type { Reply } from '../../connection/connection.js'
import type { Call, Intent } from '../command.js'

/** One step of a scan; it is over when the cursor is `'0'` again. */
export interface ScanStep {
  readonly cursor: string
  readonly keys: readonly string[]
}

/** A scan on the way to a write goes where writes go: `intent` says which. */
export function scan(cursor: string, pattern: string, batch: number, intent: Intent): Call<ScanStep> {
  const args = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', String(batch)]
  return { name: 'SCAN', intent, idempotent: true, keys: [], args, decode: 'text', reply: step }
}

function step(reply: Reply): ScanStep {
  const [cursor, keys] = reply as [string, string[]]
  return { cursor, keys }
}

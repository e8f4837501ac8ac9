import type { Call } from '../command.js'
import { nothing } from './replies.js'

export function ping(): Call<void> {
  return { name: 'PING', intent: 'read', idempotent: true, keys: [], args: ['PING'], decode: 'text', reply: nothing }
}

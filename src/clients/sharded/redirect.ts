import type { Address, NodeTarget } from '../../connection/connection.js'
import { slotCount } from '../../keys/slot.js'

/** What a server says of a slot that it does not serve, or not whole. */
export interface Redirect {
  /** `'MOVED'`: the slot is another node's · `'ASK'`: it is being moved, and this key may be there already. */
  readonly kind: 'MOVED' | 'ASK'
  readonly slot: number
  /** The primary to go to. */
  readonly to: NodeTarget
}

/**
 * Reads `MOVED 3999 host:port` and `ASK 3999 host:port`; `undefined` for any other text. Pure.
 * @param sender who said it: a server that does not know its own host leaves it out
 */
export function parseRedirect(text: string, sender: Address): Redirect | undefined {
  const [, kind, digits, host, portDigits] = /^(MOVED|ASK) (\d{1,5}) (.*):(\d{1,5})$/.exec(text) ?? []
  const [slot, port] = [Number(digits), Number(portDigits)]
  if (kind === undefined || slot >= slotCount || port < 1 || port > 65_535) return undefined
  return { kind: kind as Redirect['kind'], slot, to: { host: plainHost(host ?? '') || hostOf(sender), port } }
}

/** The host of `host:port`, without brackets. */
function hostOf(address: Address): string {
  return plainHost(address.slice(0, address.lastIndexOf(':')))
}

function plainHost(host: string): string {
  if (host === '?') return ''
  return host.startsWith('[') ? host.slice(1, -1) : host
}

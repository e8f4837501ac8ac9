import type { Reply } from '../../connection/connection.js'
import type { Value } from '../command.js'

/** What an absent value is on the wire. */
export function optional(reply: Reply): Value | undefined {
  return typeof reply === 'string' || reply instanceof Buffer ? reply : undefined
}

export function count(reply: Reply): number {
  return Number(reply)
}

export function flag(reply: Reply): boolean {
  return Number(reply) > 0
}

export function wide(reply: Reply): number | bigint {
  const value = Number(reply)
  return Number.isSafeInteger(value) ? value : BigInt(reply as string)
}

export function nothing(): void {}

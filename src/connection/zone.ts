import type { EncodedCommand, Reply } from './connection.js'

/** Asks a server what it says of itself: its availability zone among that, on Valkey from 8.0 on. */
export const infoCommand: EncodedCommand = { args: ['INFO', 'server'], decode: 'text', intent: 'read', keys: [] }

/** The availability zone in the reply to INFO; `''` where the server has none. Pure. */
export function zoneOf(info: Reply): string {
  return /^availability_zone:(.*)$/m.exec(String(info))?.[1] ?? ''
}

/**
 * Whether a server that has a zone says so in its reply to HELLO, as Valkey does from 8.1 on. Others may say it to INFO:
 * Valkey 8.0, and hosted ones that call themselves Redis 7. Pure.
 */
export function tellsZone(server: string | undefined, version: string | undefined): boolean {
  return server === 'valkey' && Number.parseFloat(version ?? '') >= 8.1
}

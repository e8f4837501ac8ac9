import type { EncodedCommand, Reply, Role } from './connection.js'

/**
 * A command that every connection runs before it is used, beyond HELLO and SELECT.
 * Its name is part of a pool's identity, so that users with different needs do not share sockets.
 */
export interface Initialiser {
  readonly name: string
  readonly command: EncodedCommand
  /** Looks at the answer; throws to refuse the connection. */
  readonly accept?: (reply: Reply) => void
  /** Only on connections of this role. @default on all */
  readonly role?: Role
  /** Whether a server that refuses it will do. @default false */
  readonly optional?: boolean
  /**
   * What it is for, where that takes RESP3: a server without RESP3 is refused with these words.
   * @default RESP2 will do
   */
  readonly resp3For?: string
}

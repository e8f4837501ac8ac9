import { CodecError } from '../../errors.js'
import { show } from '../../units.js'

/** A session as it is stored: its cookie, and the fields of its users. */
export interface StoredSession {
  readonly cookie: {
    /** When it ends; `false`, or nothing, is when the browser is closed. */
    readonly expires?: Date | string | false | null | undefined
    readonly originalMaxAge?: number | null | undefined
  }
}

/**
 * What is written of a session. The cookie is stored as JSON has it, whatever the serializer of the cache, which writes
 * the fields of the users.
 * @throws {CodecError} E_CODEC when it is no session, or its cookie cannot be written
 */
export function plain(session: StoredSession): object {
  const cookie = cookieOf(session)
  return cookie === undefined ? { ...session } : { ...session, cookie: asJson(cookie) }
}

/**
 * The cookie of a session. Programs that write sessions themselves may leave it out, as connect-redis lets them.
 * @throws {CodecError} E_CODEC when it is no session
 */
export function cookieOf(session: unknown): StoredSession['cookie'] | undefined {
  return (checked(session, 'serialize') as Partial<StoredSession>).cookie
}

/**
 * A session as it was read.
 * @throws {CodecError} E_CODEC when it is no session: another program wrote it
 */
export function read<Session>(stored: Session): Session {
  return checked(stored, 'deserialize')
}

function checked<Session>(session: Session, stage: string): Session {
  if (typeof session === 'object' && session !== null) return session
  throw new CodecError(stage, `a session must be an object, got ${show(session)}.`)
}

function asJson(cookie: StoredSession['cookie']): unknown {
  try {
    return JSON.parse(JSON.stringify(cookie)) as unknown
  } catch (cause) {
    throw new CodecError('serialize', 'the cookie of a session cannot be written as JSON.', { cause })
  }
}

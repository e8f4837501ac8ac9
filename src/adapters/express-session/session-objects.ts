import { UnsupportedError } from '../../errors.js'

/** A request as express-session has it. */
export interface SessionRequest {
  sessionID: string
  session?: unknown
}

/** A session as it is stored: its cookie, and the fields of its users. */
export interface StoredSession {
  readonly cookie: {
    readonly expires?: Date | string | null | undefined
    readonly originalMaxAge?: number | null | undefined
  }
}

/** The classes of express-session, of which requests get objects. */
export interface SessionClasses {
  readonly Session: new (request: SessionRequest, fields: object) => unknown
  readonly Cookie: new (fields: object) => { expires?: Date | string | null; originalMaxAge?: number | null }
}

/**
 * Takes the classes from a session that the middleware makes for a copy of a request. So express-session is neither
 * imported nor needed by those who use @fastify/session, and the classes are those of the very middleware.
 * @param generate what the middleware has put on its store: gives a request a new session
 * @throws {UnsupportedError} E_UNSUPPORTED when no middleware has the store
 */
export function classesOf(
  generate: ((request: SessionRequest) => void) | undefined,
  request: SessionRequest,
): SessionClasses {
  if (generate === undefined)
    throw new UnsupportedError(
      'Objects of sessions are made by express-session: give the store to its middleware first.',
    )
  const copy = Object.create(request) as SessionRequest
  generate(copy)
  const session = copy.session as { readonly constructor: unknown; readonly cookie: { readonly constructor: unknown } }
  return { Session: session.constructor, Cookie: session.cookie.constructor } as SessionClasses
}

/** Gives a request the object of its session, as the stores of express-session do. */
export function inflate({ Session, Cookie }: SessionClasses, request: SessionRequest, stored: StoredSession): unknown {
  const { expires, originalMaxAge } = stored.cookie
  const cookie = new Cookie(stored.cookie)
  if (typeof expires === 'string') cookie.expires = new Date(expires)
  if (originalMaxAge !== undefined) cookie.originalMaxAge = originalMaxAge
  return (request.session = new Session(request, { ...stored, cookie }))
}

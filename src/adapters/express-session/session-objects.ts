import { UnsupportedError } from '../../errors.js'
import type { StoredSession } from './stored-session.js'

/** A request as express-session has it. */
export interface SessionRequest {
  sessionID: string
  session?: unknown
}

/** What the objects of express-session are made with. */
export interface SessionClasses {
  readonly Session: new (request: SessionRequest, fields: object) => unknown
  readonly cookiePrototype: object
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
  const session = generated(generate, Object.create(request) as SessionRequest) as {
    readonly constructor: SessionClasses['Session']
    readonly cookie: object
  }
  // express-session replaces the prototype of Cookie, so that a cookie does not name its class.
  return { Session: session.constructor, cookiePrototype: Object.getPrototypeOf(session.cookie) as object }
}

/** @throws {UnsupportedError} E_UNSUPPORTED when the middleware, or a function of its user, needs more of a request */
function generated(generate: (request: SessionRequest) => void, request: SessionRequest): unknown {
  try {
    generate(request)
  } catch (cause) {
    const problem =
      'express-session cannot make a session for this request; load sessions after the first visit, or see the cause.'
    throw new UnsupportedError(problem, { cause })
  }
  return request.session
}

/**
 * Gives a request the object of its session, as the stores of express-session do. One that was stored without a cookie,
 * as other programs may write it, gets one with the defaults of express-session.
 */
export function inflate(
  { Session, cookiePrototype }: SessionClasses,
  request: SessionRequest,
  stored: Partial<StoredSession>,
): unknown {
  const { data: _data, ...attributes } = (stored.cookie ?? {}) as CookieFields
  const { expires, originalMaxAge } = attributes
  const cookie = Object.assign(Object.create(cookiePrototype) as object, cookieDefaults, attributes, {
    expires: typeof expires === 'string' ? new Date(expires) : (expires ?? null),
  })
  // Setting `expires` changes `originalMaxAge`.
  const fields = { ...stored, cookie: Object.assign(cookie, { originalMaxAge }) }
  return (request.session = new Session(request, fields))
}

type CookieFields = StoredSession['cookie'] & { readonly data?: unknown }

/** The attributes of a cookie of express-session that sets none. */
const cookieDefaults = { path: '/', httpOnly: true }

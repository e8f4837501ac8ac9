import { EventEmitter } from 'node:events'
import type { Cache } from '../../cache/cache.js'
import { resolveTtl, type Ttl } from '../../cache/ttl.js'
import { beginningWith, clearBeginningWith, fresh, freshValue, lasting, strict } from '../support/demands.js'
import { sessionKey, untilExpiry } from '../support/sessions.js'
import { classesOf, inflate, type SessionClasses, type SessionRequest } from './session-objects.js'
import { cookieOf, plain, read, type StoredSession } from './stored-session.js'

/** How a store answers: with an error, or with null and what was asked for. */
export type SessionCallback<Value> = (error: unknown, value?: Value) => void

/**
 * How long sessions are kept whose cookies do not say when they expire; or of each session, whatever its cookie says.
 */
export type SessionTtl = Ttl | ((session: StoredSession) => Ttl)

/**
 * Sessions in a cache, as express-session and @fastify/session ask for them.
 * Errors: callbacks get a `CacheError`: KeyError for a session id that is no text, CodecError for a session that
 * cannot be written and for a stored value that is none, ConfigurationError for a ttl that is none, ClosedError after
 * `cache.close()`.
 */
export class SessionStore extends EventEmitter {
  /** Gives a request a new session; the middleware of express-session sets it. */
  generate?: (request: SessionRequest) => void
  readonly #cache: Cache
  readonly #prefix: string
  readonly #ttl: SessionTtl
  #classes: SessionClasses | undefined

  /** @internal `sessionStore` makes it. */
  constructor(cache: Cache, prefix: string, ttl: SessionTtl) {
    super()
    this.#cache = cache
    this.#prefix = prefix
    this.#ttl = ttl
  }

  /** Reads a session; null when there is none. A stored value that is no object is a CodecError. */
  get<Session = StoredSession>(id: string, callback: SessionCallback<Session | null>): void {
    answer(() => this.#read<Session>(id), callback)
  }

  /** Writes a session until its cookie expires. One whose cookie has expired is deleted. */
  set(id: string, session: StoredSession, callback?: SessionCallback<void> | null): void {
    answer(() => this.#cache.set(this.#key(id), plain(session), lasting(this.#ttlOf(session))).then(ignore), callback)
  }

  /** Keeps a session until its cookie expires, without writing it. A missing session stays missing. */
  touch(id: string, session: StoredSession, callback?: SessionCallback<void> | null): void {
    answer(() => this.#cache.touch(this.#key(id), { ...strict, ttl: this.#ttlOf(session) }).then(ignore), callback)
  }

  /** Deletes a session. */
  destroy(id: string, callback?: SessionCallback<void> | null): void {
    answer(() => this.#cache.delete(this.#key(id), strict).then(ignore), callback)
  }

  /** Deletes all sessions. */
  clear(callback?: SessionCallback<void> | null): void {
    answer(() => clearBeginningWith(this.#cache, this.#prefix), callback)
  }

  /** Lists the ids of all sessions; it walks through the keys of the server. */
  ids(callback: SessionCallback<string[]>): void {
    answer(async () => (await this.#keys()).map((key) => this.#idOf(key)), callback)
  }

  /** Counts the sessions; it walks through the keys of the server. */
  length(callback: SessionCallback<number>): void {
    answer(async () => (await this.#keys()).length, callback)
  }

  /** Reads all sessions, each with its `id`; it walks through the keys of the server. */
  all<Session = StoredSession>(callback: SessionCallback<(Session & { id: string })[]>): void {
    answer(async () => {
      const found = await this.#cache.getMany<Session>(await this.#keys(), freshValue)
      return [...found].map(([key, session]) => ({ ...read(session), id: this.#idOf(String(key)) }))
    }, callback)
  }

  /** Deletes the session of a request and gives it a new one. */
  regenerate(request: SessionRequest, callback: (error?: unknown) => void): void {
    this.destroy(request.sessionID, (error) => {
      this.generate?.(request)
      callback(error)
    })
  }

  /** Reads a session as an object of express-session; nothing when there is none. */
  load<Session>(id: string, callback: SessionCallback<Session>): void {
    // The middleware looks for the protocol in the headers, behind a proxy that it trusts.
    const request = { sessionID: id, sessionStore: this, headers: {} }
    answer(async () => {
      const stored = await this.#read<StoredSession>(id)
      return stored === null ? undefined : this.createSession<Session>(request, stored)
    }, callback)
  }

  /** Gives a request its stored session as an object of express-session. */
  createSession<Session>(request: SessionRequest, stored: StoredSession): Session {
    this.#classes ??= classesOf(this.generate, request)
    return inflate(this.#classes, request, stored) as Session
  }

  async #read<Session>(id: string): Promise<Session | null> {
    const stored = await this.#cache.get<Session>(this.#key(id), freshValue)
    return stored === undefined || stored === null ? null : read(stored)
  }

  #keys(): Promise<string[]> {
    return this.#cache.keys(beginningWith(this.#prefix), fresh)
  }

  #key(id: unknown): string {
    return sessionKey(this.#prefix, id)
  }

  #idOf(key: string): string {
    return key.slice(this.#prefix.length)
  }

  #ttlOf(session: StoredSession): Ttl {
    const cookie = cookieOf(session)
    if (typeof this.#ttl !== 'function') return untilExpiry(cookie?.expires, this.#ttl)
    const ttl = this.#ttl(session)
    resolveTtl(ttl, 'sessionStore().ttl()')
    return ttl
  }
}

/** Hands over what comes of some work, after the promise: what a callback throws is not the store's to catch. */
function answer<Value>(
  work: () => Promise<Value | undefined>,
  callback: SessionCallback<Value> | null | undefined,
): void {
  new Promise<Value | undefined>((resolve) => resolve(work())).then(
    (value) => process.nextTick(callback ?? ignore, null, value),
    (error: unknown) => process.nextTick(callback ?? ignore, error),
  )
}

function ignore(): void {}

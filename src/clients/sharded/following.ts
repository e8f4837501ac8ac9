import { setTimeout as sleep } from 'node:timers/promises'
import {
  addressOf,
  ErrorReply,
  type Address,
  type Connection,
  type EncodedCommand,
  type ExecuteOptions,
  type NodeTarget,
  type Push,
  type Reply,
} from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { abortable, limited } from '../../connection/limit.js'
import { Listeners } from '../../connection/listeners.js'
import { replyError } from '../../connection/reply-error.js'
import { CommandTimeoutError, type CrossSlotError } from '../../errors.js'
import { keysIn } from '../command-keys.js'
import type { OwnSocket } from '../own-connection.js'
import { retryPause } from '../retry.js'
import { parseRedirect, type Redirect } from './redirect.js'
import { isTransaction, nameOf, slotErrorIn, unitsOf, unrun, type Unit } from './units.js'

/** A connection of one's own, and how it is given back. */
export interface Opened {
  readonly connection: Connection
  readonly release: () => void
}

/** Where a {@link FollowingConnection} gets its connections. */
export interface FollowingParts {
  /** Connects to the server that has a key; `undefined`: the first command has no key. */
  readonly open: (key: string | undefined, limits: ExecuteOptions) => Promise<Opened>
  /** Why one connection cannot serve all of these keys; `undefined` when it can. */
  readonly crossed: (name: string, keys: readonly string[]) => CrossSlotError | undefined
  /** `undefined`: servers send no redirects, and take every key, so that commands of keys elsewhere are refused here. */
  readonly redirects: FollowedRedirects | undefined
}

/** What a {@link FollowingConnection} needs to follow redirects. */
export interface FollowedRedirects {
  /** Connects to a primary. */
  readonly openAt: (target: NodeTarget, limits: ExecuteOptions) => Promise<Opened>
  /** Takes a redirect as evidence. */
  readonly heed: (redirect: Redirect, sender: Address) => void
}

/**
 * A connection of one's own where keys lie on several servers. The first command with a key decides its server. In a cluster
 * a redirect is followed: a command is sent again by itself, a transaction as a whole. MULTI and what is queued behind it leave
 * with their EXEC, in one write; so it can be sent again elsewhere, for a server that redirects any part has run none of it.
 */
export class FollowingConnection implements OwnSocket {
  readonly #parts: FollowingParts
  readonly #redirects: FollowedRedirects | undefined
  readonly #pushListeners = new Listeners<[push: Push]>()
  /** The key that decided the server, where the servers do not say which keys are theirs. */
  #key: string | undefined
  #opened: Opened | undefined
  /** The connection that is on its way, for all commands that need it. */
  #opening: Promise<Opened> | undefined
  /** How many trips are under way on each connection, also on one that was replaced meanwhile. */
  readonly #trips = new Map<Opened, number>()
  #released = false
  /** What was queued since MULTI. */
  #queued: EncodedCommand[] | undefined
  #watching = false
  /** Whether a watched key lies on another server than the connection: nobody would notice a change. */
  #watchLost = false

  constructor(parts: FollowingParts) {
    this.#parts = parts
    this.#redirects = parts.redirects
  }

  /** The address of the server that it leads to now; `''` before the first command. */
  get address(): Address {
    return this.#opened?.connection.address ?? ''
  }

  /** Connects before there is a command, where it is known already to whom. */
  async connect(key: string, limits: ExecuteOptions): Promise<void> {
    this.#key = key
    await this.#connect([key], limits)
  }

  async execute(command: EncodedCommand, limits: ExecuteOptions): Promise<Reply> {
    const reply = await this.#step(command, limits)
    if (reply instanceof ErrorReply) throw replyError(this.address, command.name ?? nameOf(command), reply)
    return reply
  }

  async batch(commands: readonly EncodedCommand[], limits: ExecuteOptions): Promise<Reply[]> {
    const units = this.#queued === undefined && !this.#watchLost ? unitsOf(commands) : undefined
    if (units !== undefined) return this.#runAll(units, limits)
    const replies: Reply[] = []
    for (const command of commands) replies.push(await this.#step(command, limits))
    return replies
  }

  onPush(listener: (push: Push) => void): () => void {
    return this.#pushListeners.add(listener)
  }

  /** Gives the connection back, also one that is on its way. */
  release(): void {
    this.#released = true
    for (const opened of this.#trips.keys()) opened.release()
    this.#opened?.release()
    this.#opened = undefined
  }

  async #step(command: EncodedCommand, limits: ExecuteOptions): Promise<Reply> {
    const name = nameOf(command)
    const queued = this.#queued
    if (queued === undefined) return name === 'MULTI' ? this.#begin() : this.#runOne([command], limits)
    if (name === 'EXEC') return this.#execute(queued, command, limits)
    if (name === 'DISCARD') return this.#discard()
    queued.push(command)
    return 'QUEUED'
  }

  #begin(): Reply {
    this.#queued = []
    return 'OK'
  }

  #discard(): Reply {
    this.#queued = undefined
    this.#watching = this.#watchLost = false
    return 'OK'
  }

  async #execute(queued: readonly EncodedCommand[], exec: EncodedCommand, limits: ExecuteOptions): Promise<Reply> {
    this.#queued = undefined
    return this.#runOne([multi, ...queued, exec], limits)
  }

  /** @returns the reply to its last command */
  async #runOne(unit: Unit, limits: ExecuteOptions): Promise<Reply> {
    const [replies] = await this.#send([unit], limits)
    return replies?.at(-1) as Reply
  }

  async #runAll(units: readonly Unit[], limits: ExecuteOptions): Promise<Reply[]> {
    return (await this.#send(units, limits)).flat()
  }

  /** Sends units in one trip; those that are redirected follow by themselves, in their order. */
  async #send(units: readonly Unit[], limits: ExecuteOptions): Promise<readonly (readonly Reply[])[]> {
    if (this.#watchLost && units.some(isTransaction)) return units.map((unit) => this.#unrun(unit))
    const refused = units.map((unit) => this.#refuse(unit))
    const sent = units.filter((_, index) => refused[index] === undefined).flat()
    if (sent.length === 0) return refused as (readonly Reply[])[]
    const opened = await this.#connect(keysOf(sent), limits)
    const flat = await this.#trip(opened, sent, limits)
    const answers: (readonly Reply[])[] = []
    for (const [index, unit] of units.entries())
      answers.push(refused[index] ?? (await this.#answer(unit, flat.splice(0, unit.length), opened.connection, limits)))
    return answers
  }

  /** Refuses keys of another server than that of the first key, where servers do not do that themselves. */
  #refuse(unit: Unit): readonly Reply[] | undefined {
    if (this.#redirects !== undefined) return undefined
    const keys = keysOf(unit)
    this.#key ??= keys[0]
    const crossed =
      this.#key === undefined
        ? undefined
        : this.#parts.crossed(nameOf(unit.at(-1) as EncodedCommand), [this.#key, ...keys])
    return crossed && refusals(unit, crossed)
  }

  async #answer(
    unit: Unit,
    replies: readonly Reply[],
    connection: Connection,
    limits: ExecuteOptions,
  ): Promise<readonly Reply[]> {
    const error = this.#redirects === undefined ? undefined : slotErrorIn(replies)
    return error === undefined ? this.#note(unit, replies) : this.#follow(unit, error, connection, limits)
  }

  async #connect([key]: readonly string[], limits: ExecuteOptions): Promise<Opened> {
    if (this.#opened !== undefined) return this.#opened
    return this.#openOnce(limits, () => this.#parts.open(key, limits))
  }

  /** Commands that are made together share one connection; each waits for it as long as it may. */
  async #openOnce(limits: ExecuteOptions, open: () => Promise<Opened>): Promise<Opened> {
    const isFirst = this.#opening === undefined
    this.#opening ??= open()
      .then((opened) => this.#use(opened))
      .finally(() => (this.#opening = undefined))
    // Nobody waits for it whose signal has aborted before.
    this.#opening.catch(() => {})
    try {
      return await inTime(this.#opening, limits)
    } catch (error) {
      if (isFirst || this.#released || limits.signal?.aborted || limits.deadline <= loopClock.now()) throw error
      return this.#openOnce(limits, open)
    }
  }

  /** One that was replaced is given back when the commands on it are answered. */
  #use(opened: Opened): Opened {
    const before = this.#opened
    this.#opened = opened
    if (before !== undefined && !this.#trips.has(before)) before.release()
    if (this.#released) this.release()
    opened.connection.onPush((push) => this.#pushListeners.tell(push))
    return opened
  }

  async #trip(opened: Opened, commands: readonly EncodedCommand[], limits: ExecuteOptions): Promise<Reply[]> {
    this.#trips.set(opened, (this.#trips.get(opened) ?? 0) + 1)
    try {
      return await opened.connection.batch(commands, limits)
    } finally {
      const left = (this.#trips.get(opened) ?? 0) - 1
      if (left > 0) this.#trips.set(opened, left)
      else this.#trips.delete(opened)
      if (left === 0 && opened !== this.#opened) opened.release()
    }
  }

  /** Sends a unit where its server says, and again until it has run. */
  async #follow(unit: Unit, first: ErrorReply, sender: Connection, limits: ExecuteOptions): Promise<readonly Reply[]> {
    if (this.#watching && isTransaction(unit)) return this.#unrun(unit)
    const keys = keysOf(unit)
    const crossed = this.#parts.crossed('EXEC', keys)
    if (crossed !== undefined) return refusals(unit, crossed)
    let [error, at]: [ErrorReply, Connection] = [first, sender]
    for (let attempts = 1; ; attempts++) {
      const redirect = parseRedirect(error.message, at.address)
      if (redirect !== undefined) this.#redirects?.heed(redirect, at.address)
      const pause = retryPause(redirect === undefined ? attempts + 1 : attempts - 1, Math.random())
      if (loopClock.now() + pause >= limits.deadline) return unit.map(() => error)
      if (pause > 0) await sleep(pause)
      const { replies, connection } = await this.#sendTo(redirect, at, unit, limits)
      const again = slotErrorIn(replies)
      if (again === undefined) return this.#note(unit, replies)
      error = again
      at = connection
    }
  }

  async #sendTo(
    redirect: Redirect | undefined,
    sender: Connection,
    unit: Unit,
    limits: ExecuteOptions,
  ): Promise<{ readonly replies: Reply[]; readonly connection: Connection }> {
    if (redirect?.kind === 'ASK') return this.#ask(redirect, unit, limits)
    if (redirect !== undefined) await this.#move(redirect, sender, limits)
    const opened = await this.#connect(keysOf(unit), limits)
    return { replies: await this.#trip(opened, unit, limits), connection: opened.connection }
  }

  #openAt(to: NodeTarget, limits: ExecuteOptions): Promise<Opened> {
    return (this.#redirects as FollowedRedirects).openAt(to, limits)
  }

  /** The next commands are meant for the server before, so this one has a connection for itself. */
  async #ask(
    { to }: Redirect,
    unit: Unit,
    limits: ExecuteOptions,
  ): Promise<{ readonly replies: Reply[]; readonly connection: Connection }> {
    const { connection, release } = await this.#openAt(to, limits)
    try {
      if (unit.some((command) => nameOf(command) === 'WATCH')) this.#watchLost = true
      const [, ...replies] = await connection.batch([asking, ...unit], limits)
      return { replies, connection }
    } finally {
      release()
    }
  }

  /** Another command may have been told so before, and moved the connection. */
  async #move({ to }: Redirect, sender: Connection, limits: ExecuteOptions): Promise<void> {
    if (this.#watching) this.#watchLost = true
    const { connection } = this.#opened ?? {}
    if (connection !== undefined && connection !== sender && connection.address === addressOf(to)) return
    await this.#openOnce(limits, () => this.#openAt(to, limits))
  }

  /** What was answered says whether keys are watched. */
  #note(unit: Unit, replies: readonly Reply[]): readonly Reply[] {
    const [name] = unit.map(nameOf)
    if (name === 'WATCH' && !(replies[0] instanceof ErrorReply)) this.#watching = true
    if (name === 'UNWATCH' || isTransaction(unit)) this.#watching = this.#watchLost = false
    return replies
  }

  #unrun(unit: Unit): readonly Reply[] {
    this.#watching = this.#watchLost = false
    return unrun(unit)
  }
}

/** The connection, unless the command's deadline is over or its signal aborts before. */
function inTime(opening: Promise<Opened>, { deadline, signal = never }: ExecuteOptions): Promise<Opened> {
  const left = deadline - loopClock.now()
  const late = (): Error => new CommandTimeoutError('LEASE', left, false)
  return limited(signal, left, late, (limit) => abortable(opening, limit))
}

function keysOf(commands: readonly EncodedCommand[]): readonly string[] {
  return commands.flatMap(({ args }) => keysIn(args))
}

function refusals(unit: Unit, { reply }: CrossSlotError): readonly Reply[] {
  return unit.map(() => new ErrorReply(reply))
}

const multi: EncodedCommand = { args: ['MULTI'], decode: 'text' }
const asking: EncodedCommand = { args: ['ASKING'], decode: 'text' }
const never = new AbortController().signal

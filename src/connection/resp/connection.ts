import type { Socket } from 'node:net'
import {
  ClosedError,
  CommandTimeoutError,
  ConnectionError,
  ConnectionInterruptedError,
  OverflowError,
  ProtocolError,
} from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import {
  ErrorReply,
  type Address,
  type EncodedCommand,
  type ExecuteOptions,
  type ObservableConnection,
  type Push,
  type Reply,
  type Role,
} from '../connection.js'
import { Alarm, deadlines, type DeadlineQueue } from '../deadlines.js'
import { Listeners } from '../listeners.js'
import { onAbort } from '../on-abort.js'
import type { MaxPending } from '../options.js'
import { replyError } from '../reply-error.js'
import { SignsOfLife } from '../signs-of-life.js'
import { CommandBuffer, sizeOf } from './encoder.js'
import type { HandshakeCommand } from './handshake.js'
import { ReplyParser, type ReplySink } from './parser.js'
import { PendingCommand, type PendingOwner, type Place } from './pending.js'
import { Ring } from './ring.js'

export interface RespConnectionSettings {
  readonly address: Address
  readonly maxPending: MaxPending
  /** Where its commands' deadlines are kept. @default that of the process */
  readonly queue?: DeadlineQueue
}

/**
 * One RESP3 socket that is connected already.
 * `sent` means handed to socket.write; what backpressure holds back is not sent and can be tried elsewhere.
 * A sent command that was given up leaves a tombstone, so that later replies stay aligned. Silence is told to whoever
 * watches; it never ends the connection by itself.
 */
export class RespConnection implements ObservableConnection, ReplySink, PendingOwner {
  readonly address: Address
  readonly generation: number = ++generations
  role: Role | undefined
  /** The number of this connection in the server's CLIENT LIST, as its reply to HELLO says. */
  clientId: number | undefined
  roundTrip: Milliseconds = 0
  readonly #socket: Socket
  readonly #queue: DeadlineQueue
  readonly #maxPending: MaxPending
  readonly #parser = new ReplyParser(this)
  readonly #output = new CommandBuffer()
  readonly #inFlight = new Ring<PendingCommand>()
  readonly #signs: SignsOfLife
  readonly #silenceAlarm: Alarm
  readonly #heardListeners = new Set<() => void>()
  readonly #pushListeners = new Listeners<[push: Push]>()
  readonly #lostListeners = new Listeners<[reason: Error]>()
  #waiting: PendingCommand[] = []
  /** Commands about the connection itself: they leave before what waits. */
  #urgent: PendingCommand[] = []
  /** What was encoded and not handed to the socket yet. */
  #outbox: readonly Uint8Array[] = []
  /** Commands and bytes that `maxPending` bounds. */
  #commands = 0
  #bytes = 0
  /** Commands among those that wait that nobody waits for any more. */
  #givenUp = 0
  #blocked: { readonly since: Milliseconds; readonly bytes: number } | undefined
  #silenceAfter: (() => Milliseconds) | undefined
  #tellSilence: () => void = nothing
  #flushing = false
  #lost: Error | undefined
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined
  readonly #flushSoon = (): void => this.#flush()

  constructor(socket: Socket, { address, maxPending, queue = deadlines }: RespConnectionSettings) {
    this.#socket = socket
    this.address = address
    this.#maxPending = maxPending
    this.#queue = queue
    this.#signs = new SignsOfLife(queue.clock.now())
    this.#silenceAlarm = new Alarm(() => this.#judgeSilence(), queue)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('drain', () => this.#drain())
    socket.on('error', (cause) => this.#lose(new ConnectionError(this.address, cause.message, { cause })))
    socket.on('end', () => this.#lose(new ConnectionError(this.address, 'the server closed the connection')))
    socket.on('close', () => this.#lose(new ConnectionError(this.address, 'the connection was closed')))
  }

  get pending(): number {
    return this.#urgent.length + this.#waiting.length + this.#inFlight.length
  }

  get oldest(): EncodedCommand | undefined {
    return this.#inFlight.peek()?.command
  }

  get silence(): Milliseconds {
    const head = this.#inFlight.peek()
    return head === undefined ? 0 : this.#signs.silence(this.#queue.clock.recent(), head.bytes)
  }

  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply> {
    return new Promise((resolve, reject) => this.submit(command, options, resolve, reject))
  }

  submit(
    command: EncodedCommand,
    options: ExecuteOptions,
    resolve: (reply: Reply) => void,
    reject: (reason: unknown) => void,
  ): void {
    try {
      const pending = this.#prepare(command, 'alone', options)
      this.#makeRoom(pending, 1, pending.bytes)
      this.#enqueue(pending, options.signal, resolve, reject)
    } catch (error) {
      reject(error)
    }
  }

  async batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]> {
    const batch = commands.map((command, index) => this.#prepare(command, index === 0 ? 'first' : 'behind', options))
    const [first] = batch
    if (first === undefined) return []
    this.#makeRoom(
      first,
      batch.length,
      batch.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    return Promise.all(batch.map((pending) => this.#promise(pending, options.signal)))
  }

  /**
   * Says what has to be said before anybody may use the connection.
   * @throws the first refusal that matters, or the reason itself when the connection is lost meanwhile
   */
  async introduce(commands: readonly HandshakeCommand[], options: ExecuteOptions): Promise<Reply[]> {
    const began = this.#now()
    const control = { ...options, control: true }
    try {
      const handshake = commands.map((command) => this.#prepare(command, command.optional ? 'first' : 'alone', control))
      const replies = await Promise.all(handshake.map((pending) => this.#promise(pending, options.signal)))
      if (this.#lost !== undefined) throw this.#lost
      this.roundTrip = this.#now() - began
      return replies
    } catch (error) {
      throw error instanceof ConnectionInterruptedError ? error.cause : error
    }
  }

  onPush(listener: (push: Push) => void): () => void {
    return this.#pushListeners.add(listener)
  }

  onLost(listener: (reason: Error) => void): () => void {
    if (this.#lost === undefined) return this.#lostListeners.add(listener)
    listener(this.#lost)
    return nothing
  }

  onceHeard(listener: () => void): () => void {
    this.#heardListeners.add(listener)
    return () => this.#heardListeners.delete(listener)
  }

  watchSilence(after: () => Milliseconds, silent: () => void): void {
    this.#silenceAfter = after
    this.#tellSilence = silent
    if (this.#inFlight.length > 0) this.#setSilenceAlarm()
  }

  owesWriteOf(keys: readonly string[] | undefined): boolean {
    const touched = this.#keysOfWrites()
    return touched === 'all' || (isKeyless(keys) ? touched.size > 0 : keys.some((key) => touched.has(key)))
  }

  moveReadsTo(other: ObservableConnection): void {
    if (!(other instanceof RespConnection)) return
    const touched = this.#keysOfWrites()
    if (touched === 'all') return
    for (const command of [...this.#inFlight, ...this.#waiting])
      if (canMove(command, touched) && command.settle()) other.#take(command)
    this.#forgetSettled()
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#finish())
  }

  destroy(reason: Error = new ClosedError(this.address)): void {
    this.#lose(reason)
  }

  readsBuffers(): boolean {
    return this.#inFlight.peek()?.command.decode === 'buffer'
  }

  reply(reply: Reply): void {
    const command = this.#inFlight.shift()
    if (command === undefined) {
      if (this.#lost === undefined) this.#lose(new ProtocolError(this.address, 'a reply to nothing that was asked'))
      return
    }
    if (typeof reply === 'object' && reply instanceof ErrorReply && !command.keepsErrors)
      command.fail(replyError(this.address, command.name, reply))
    else command.fulfil(reply)
  }

  push(push: Push): void {
    const head = this.#inFlight.peek()
    if (head !== undefined && head.confirmations > 0 && isConfirmation(push)) {
      if (--head.confirmations === 0) this.reply(null)
      return
    }
    this.#pushListeners.tell(push)
  }

  /** @internal */
  settled(command: PendingCommand): void {
    this.#queue.remove(command)
    if (!command.sent && !command.control && ++this.#givenUp * 2 > this.#waiting.length) this.#forgetSettled()
    if (!command.counted) return
    this.#commands--
    this.#bytes -= this.#charge(command.bytes)
    if (this.#commands === 0) this.#drained?.()
  }

  /** @internal */
  expired(command: PendingCommand, now: Milliseconds): void {
    command.fail(new CommandTimeoutError(command.name, now - command.issued, command.sent))
  }

  /** @throws why it cannot be sent at all */
  #prepare(command: EncodedCommand, place: Place, options: ExecuteOptions): PendingCommand {
    if (this.#lost !== undefined) throw this.#interrupted(false)
    if (this.#closing !== undefined) throw new ClosedError(this.address)
    options.signal?.throwIfAborted()
    const issued = this.#queue.clock.recent()
    const pending = new PendingCommand(command, place, sizeOf(command.args), issued, options, this)
    if (options.deadline <= pending.issued) throw new CommandTimeoutError(pending.name, 0, false)
    return pending
  }

  #makeRoom({ counted }: PendingCommand, commands: number, bytes: number): void {
    const { commands: mostCommands, bytes: mostBytes } = this.#maxPending
    if (!counted) return
    if (this.#commands + commands <= mostCommands && this.#bytes + this.#charge(bytes) <= mostBytes) return
    const problem = `${this.#commands} commands (${this.#bytes} bytes) wait already; send less, or raise maxPending`
    throw new OverflowError(this.address, problem)
  }

  /** One command leaves room for others, however large it is. */
  #charge(bytes: number): number {
    return Math.min(bytes, this.#maxPending.bytes / 2)
  }

  #promise(pending: PendingCommand, signal: AbortSignal | undefined): Promise<Reply> {
    return new Promise((resolve, reject) => this.#enqueue(pending, signal, resolve, reject))
  }

  #enqueue(
    pending: PendingCommand,
    signal: AbortSignal | undefined,
    resolve: (reply: Reply) => void,
    reject: (reason: unknown) => void,
  ): void {
    pending.resolve = resolve
    pending.reject = reject
    if (signal !== undefined) pending.release = onAbort(signal, () => pending.fail(signal.reason))
    this.#accept(pending)
  }

  #accept(pending: PendingCommand): void {
    if (pending.control) this.#urgent.push(pending)
    else this.#waiting.push(pending)
    if (pending.counted) {
      this.#commands++
      this.#bytes += this.#charge(pending.bytes)
    }
    this.#queue.add(pending)
    if (this.#flushing) return
    this.#flushing = true
    process.nextTick(this.#flushSoon)
  }

  /** Another connection's command, whose caller is answered from here. */
  #take({ command, place, due: deadline, control, progress, resolve, reject }: PendingCommand): void {
    const pending = new PendingCommand(
      command,
      place,
      sizeOf(command.args),
      this.#now(),
      { deadline, control, progress },
      this,
    )
    pending.resolve = resolve
    pending.reject = reject
    if (this.#lost === undefined) this.#accept(pending)
    else reject(this.#interrupted(false))
  }

  /** Writes what waits, until the socket asks to pause; batches whole, and without what was given up meanwhile. */
  #flush(): void {
    this.#flushing = false
    const idle = this.#inFlight.length === 0
    let index = 0
    while (this.#lost === undefined && !this.#socket.writableNeedDrain) {
      if (this.#outbox.length > 0) this.#write()
      else if (this.#urgent.length > 0) this.#encodeUrgent()
      else if (index < this.#waiting.length) index = this.#encode(index)
      else break
    }
    this.#waiting = index === this.#waiting.length ? [] : this.#waiting.slice(index)
    this.#givenUp = 0
    if (idle && this.#inFlight.length > 0) this.#expectReply()
    if (this.#socket.writableNeedDrain) this.#blocked ??= { since: this.#now(), bytes: this.#socket.writableLength }
  }

  /** Encodes what waits from `index` on, up to the size of one write; returns where it ended. */
  #encode(index: number): number {
    const waiting = this.#waiting
    do this.#send(waiting[index++] as PendingCommand)
    while (index < waiting.length && (this.#output.bytes < writeSize || waiting[index]?.place === 'behind'))
    this.#outbox = inSlices(this.#output.take())
    return index
  }

  #encodeUrgent(): void {
    for (const command of this.#urgent) this.#send(command)
    this.#urgent = []
    this.#outbox = inSlices(this.#output.take())
  }

  #send(command: PendingCommand): void {
    if (command.settled) return
    command.sent = true
    if (command.progress !== undefined) command.progress.generation = this.generation
    this.#output.add(command.command.args)
    this.#inFlight.push(command)
  }

  #write(): void {
    const chunks = this.#outbox
    if (chunks.length > 1) this.#socket.cork()
    let index = 0
    do this.#socket.write(chunks[index++] as Uint8Array)
    while (index < chunks.length && !this.#socket.writableNeedDrain)
    if (chunks.length > 1) this.#socket.uncork()
    this.#outbox = index === chunks.length ? [] : chunks.slice(index)
  }

  #drain(): void {
    const now = this.#now()
    if (this.#blocked !== undefined) this.#signs.drained(now, this.#blocked.bytes, now - this.#blocked.since)
    this.#blocked = undefined
    this.#flush()
  }

  #read(chunk: Buffer): void {
    if (this.#lost !== undefined) return
    this.#signs.heard(this.#now())
    try {
      this.#parser.write(chunk)
    } catch (error) {
      return this.#lose(
        new ProtocolError(this.address, `not a RESP server, or a broken one: ${String(error)}`, { cause: error }),
      )
    }
    const head = this.#inFlight.peek()
    if (head?.progress !== undefined && this.#parser.hasPartial) head.progress.begun = true
    if (head !== undefined) this.#setSilenceAlarm()
    if (this.#heardListeners.size > 0) this.#tellHeard()
  }

  #tellHeard(): void {
    const listeners = [...this.#heardListeners]
    this.#heardListeners.clear()
    for (const listener of listeners) listener()
  }

  /** The first command after a time in which nothing was asked has left: silence counts from now on. */
  #expectReply(): void {
    this.#signs.heard(this.#now())
    this.#setSilenceAlarm()
  }

  #setSilenceAlarm(): void {
    if (this.#silenceAfter !== undefined && !this.#silenceAlarm.isSet)
      this.#silenceAlarm.set(this.#now() + this.#silenceAfter())
  }

  /** The alarm goes off without having been set anew by each reply: it may be that all is well. */
  #judgeSilence(): void {
    if (this.#lost !== undefined || this.#inFlight.length === 0 || this.#silenceAfter === undefined) return
    const left = this.#silenceAfter() - this.silence
    if (left <= 0) this.#tellSilence()
    else this.#silenceAlarm.set(this.#now() + left)
  }

  /** The keys of the writes that have no reply; a write without keys touches all. */
  #keysOfWrites(): ReadonlySet<string> | 'all' {
    const touched = new Set<string>()
    for (const { command, control, settled, sent } of [...this.#inFlight, ...this.#waiting]) {
      if (control || command.intent === 'read' || (settled && !sent)) continue
      if (isKeyless(command.keys)) return 'all'
      for (const key of command.keys) touched.add(key)
    }
    return touched
  }

  #forgetSettled(): void {
    this.#givenUp = 0
    this.#waiting = this.#waiting.filter((command) => !command.settled)
  }

  async #finish(): Promise<void> {
    if (this.#commands > 0 && this.#lost === undefined) await new Promise<void>((resolve) => (this.#drained = resolve))
    this.#lose(new ClosedError(this.address))
  }

  /** The one way out: rejects what is pending, once, and tells who listens. */
  #lose(reason: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    this.#socket.destroy()
    this.#silenceAlarm.clear()
    const [sent, unsent] = [this.#interrupted(true), this.#interrupted(false)]
    for (const command of this.#inFlight) command.fail(sent)
    for (const command of [...this.#urgent, ...this.#waiting]) command.fail(unsent)
    this.#urgent = []
    this.#waiting = []
    this.#outbox = []
    while (this.#inFlight.shift() !== undefined);
    this.#drained?.()
    this.#lostListeners.tell(reason)
    this.#lostListeners.clear()
    this.#pushListeners.clear()
    this.#heardListeners.clear()
  }

  #now(): Milliseconds {
    return this.#queue.clock.now()
  }

  #interrupted(sent: boolean): ConnectionError {
    const cause = this.#lost
    return cause instanceof ClosedError
      ? new ClosedError(this.address)
      : new ConnectionInterruptedError(this.address, sent, { cause })
  }
}

/** A read that shares no key with an unanswered write, and whose reply has not begun. */
function canMove({ command, control, settled, progress }: PendingCommand, touched: ReadonlySet<string>): boolean {
  if (settled || control || command.intent !== 'read' || progress?.begun) return false
  return isKeyless(command.keys) ? touched.size === 0 : !command.keys.some((key) => touched.has(key))
}

function isKeyless(keys: readonly string[] | undefined): keys is undefined {
  return keys === undefined || keys.length === 0
}

/** Large chunks in pieces, so that the socket says how far it has come. */
function inSlices(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  if (!chunks.some((chunk) => chunk.length > sliceSize)) return chunks
  return chunks.flatMap((chunk) => {
    const slices: Uint8Array[] = []
    for (let at = 0; at < chunk.length; at += sliceSize) slices.push(chunk.subarray(at, at + sliceSize))
    return slices
  })
}

function isConfirmation([kind]: Push): boolean {
  return typeof kind === 'string' && kind.endsWith('subscribe')
}

function nothing(): void {}

let generations = 0
/** Bytes gathered before they are handed to the socket. */
const writeSize = 256 * 1024
const sliceSize = 128 * 1024

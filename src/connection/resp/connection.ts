import type { Socket } from 'node:net'
import {
  ClosedError,
  CommandTimeoutError,
  ConnectionError,
  ConnectionInterruptedError,
  OverflowError,
  ProtocolError,
} from '../../errors.js'
import type { Clock, Milliseconds } from '../../units.js'
import {
  ErrorReply,
  type Address,
  type Connection,
  type EncodedCommand,
  type ExecuteOptions,
  type Push,
  type Reply,
  type Role,
} from '../connection.js'
import { Listeners } from '../listeners.js'
import { onAbort } from '../on-abort.js'
import type { MaxPending } from '../options.js'
import { replyError } from '../reply-error.js'
import { Sweeper } from '../sweeper.js'
import { CommandBuffer } from './encoder.js'
import type { HandshakeCommand } from './handshake.js'
import { ReplyParser, type ReplySink } from './parser.js'
import { PendingCommand, type Place } from './pending.js'
import { Ring } from './ring.js'

export interface RespConnectionSettings {
  readonly address: Address
  readonly maxPending: MaxPending
  readonly clock: Clock
}

/**
 * One RESP3 socket that is connected already.
 * `sent` means handed to socket.write; what backpressure holds back is not sent and can be tried elsewhere.
 * A sent command that was given up leaves a tombstone, so that later replies stay aligned; a tombstone that is at
 * the head for more than a second means a hung server, and the socket is destroyed.
 * Deadlines cost nothing per command: one sweep walks what is pending, and only when the earliest may be over.
 */
export class RespConnection implements Connection, ReplySink {
  readonly address: Address
  readonly generation: number = ++generations
  role: Role | undefined
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #maxPending: MaxPending
  readonly #parser = new ReplyParser(this)
  readonly #output = new CommandBuffer()
  readonly #sweeper: Sweeper
  readonly #inFlight = new Ring<PendingCommand>()
  readonly #pushListeners = new Listeners<[push: Push]>()
  readonly #lostListeners = new Listeners<[reason: Error]>()
  #waiting: PendingCommand[] = []
  #pendingBytes = 0
  #earliest = Infinity
  #stuck: { readonly command: PendingCommand; readonly since: Milliseconds } | undefined
  #flushing = false
  #lost: Error | undefined
  #closing: Promise<void> | undefined
  #drained: (() => void) | undefined
  readonly #flushSoon = (): void => this.#flush()

  constructor(socket: Socket, { address, maxPending, clock }: RespConnectionSettings) {
    this.#socket = socket
    this.address = address
    this.#maxPending = maxPending
    this.#clock = clock
    this.#sweeper = new Sweeper(clock, (now) => this.#sweep(now))
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('drain', () => this.#flush())
    socket.on('error', (cause) => this.#lose(new ConnectionError(this.address, cause.message, { cause })))
    socket.on('end', () => this.#lose(new ConnectionError(this.address, 'the server closed the connection')))
    socket.on('close', () => this.#lose(new ConnectionError(this.address, 'the connection was closed')))
  }

  get pending(): number {
    return this.#waiting.length + this.#inFlight.length
  }

  execute(command: EncodedCommand, options: ExecuteOptions): Promise<Reply> {
    try {
      const pending = this.#prepare(command, 'alone', options)
      this.#makeRoom(1, pending.bytes)
      return this.#enqueue(pending, options.signal)
    } catch (error) {
      return Promise.reject(error as Error)
    }
  }

  async batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]> {
    const batch = commands.map((command, index) => this.#prepare(command, index === 0 ? 'first' : 'behind', options))
    this.#makeRoom(
      batch.length,
      batch.reduce((sum, { bytes }) => sum + bytes, 0),
    )
    return Promise.all(batch.map((pending) => this.#enqueue(pending, options.signal)))
  }

  /**
   * What has to be said before anybody may use the connection; `maxPending` does not bound it.
   * @throws the first refusal that matters, or the reason itself when the connection is lost meanwhile
   */
  async introduce(commands: readonly HandshakeCommand[], options: ExecuteOptions): Promise<Reply[]> {
    try {
      const handshake = commands.map((command) => this.#prepare(command, command.optional ? 'first' : 'alone', options))
      const replies = await Promise.all(handshake.map((pending) => this.#enqueue(pending, options.signal)))
      if (this.#lost !== undefined) throw this.#lost
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
    return () => {}
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#drain())
  }

  destroy(reason: Error = new ClosedError(this.address)): void {
    this.#lose(reason)
  }

  readsBuffers(): boolean {
    return this.#inFlight.peek()?.asBuffers ?? false
  }

  reply(reply: Reply): void {
    const command = this.#inFlight.shift()
    if (command === undefined) {
      if (this.#lost === undefined) this.#lose(new ProtocolError(this.address, 'a reply to nothing that was asked'))
      return
    }
    this.#pendingBytes -= command.bytes
    if (reply instanceof ErrorReply && !command.keepsErrors) command.fail(replyError(this.address, command.name, reply))
    else command.fulfil(reply)
    this.#tellDrained()
  }

  push(push: Push): void {
    const head = this.#inFlight.peek()
    if (head !== undefined && head.confirmations > 0 && isConfirmation(push)) {
      if (--head.confirmations === 0) this.reply(null)
      return
    }
    this.#pushListeners.tell(push)
  }

  /** @throws why it cannot be sent at all */
  #prepare(command: EncodedCommand, place: Place, { deadline, signal }: ExecuteOptions): PendingCommand {
    if (this.#lost !== undefined) throw this.#interrupted(false)
    if (this.#closing !== undefined) throw new ClosedError(this.address)
    signal?.throwIfAborted()
    const pending = new PendingCommand(command, place, this.#clock.now(), deadline)
    if (deadline <= pending.issued) throw new CommandTimeoutError(pending.name, 0, false)
    return pending
  }

  #makeRoom(commands: number, bytes: number): void {
    const { commands: mostCommands, bytes: mostBytes } = this.#maxPending
    const fits =
      this.pending + commands <= mostCommands && (this.#pendingBytes + bytes <= mostBytes || this.pending === 0)
    if (fits) return
    const problem = `${this.pending} commands (${this.#pendingBytes} bytes) wait already; send less, or raise maxPending`
    throw new OverflowError(this.address, problem)
  }

  #enqueue(pending: PendingCommand, signal: AbortSignal | undefined): Promise<Reply> {
    this.#waiting.push(pending)
    this.#pendingBytes += pending.bytes
    if (pending.deadline < this.#earliest) this.#earliest = pending.deadline
    if (signal !== undefined) pending.release = onAbort(signal, () => pending.fail(signal.reason))
    this.#sweeper.start()
    if (!this.#flushing) {
      this.#flushing = true
      process.nextTick(this.#flushSoon)
    }
    return new Promise((resolve, reject) => {
      pending.resolve = resolve
      pending.reject = reject
    })
  }

  /** Writes what waits, until the socket asks to pause; batches whole, and without what was given up meanwhile. */
  #flush(): void {
    this.#flushing = false
    const waiting = this.#waiting
    let index = 0
    while (index < waiting.length && this.#lost === undefined && !this.#socket.writableNeedDrain) {
      do this.#send(waiting[index++] as PendingCommand)
      while (index < waiting.length && (this.#output.bytes < writeSize || waiting[index]?.place === 'behind'))
      this.#write()
    }
    this.#waiting = index === waiting.length ? [] : waiting.slice(index)
    this.#tellDrained()
  }

  #send(command: PendingCommand): void {
    if (command.settled) {
      this.#pendingBytes -= command.bytes
    } else {
      this.#output.add(command.args)
      this.#inFlight.push(command)
    }
    command.args = []
  }

  #write(): void {
    const chunks = this.#output.take()
    if (chunks.length > 1) this.#socket.cork()
    for (const chunk of chunks) this.#socket.write(chunk)
    if (chunks.length > 1) this.#socket.uncork()
  }

  #read(chunk: Buffer): void {
    if (this.#lost !== undefined) return
    try {
      this.#parser.write(chunk)
    } catch (error) {
      this.#lose(
        new ProtocolError(this.address, `not a RESP server, or a broken one: ${String(error)}`, { cause: error }),
      )
    }
  }

  /** Expires what is over its deadline; false when there is nothing left to watch. */
  #sweep(now: Milliseconds): boolean {
    if (now >= this.#earliest) {
      this.#earliest = Math.min(this.#expire(this.#waiting, now, false), this.#expire(this.#inFlight, now, true))
      this.#forgetSettled()
    }
    this.#watchHead(now)
    return this.pending > 0
  }

  #expire(commands: Iterable<PendingCommand>, now: Milliseconds, sent: boolean): Milliseconds {
    let earliest = Infinity
    for (const command of commands) {
      if (command.settled) continue
      if (command.deadline <= now) command.fail(new CommandTimeoutError(command.name, now - command.issued, sent))
      else if (command.deadline < earliest) earliest = command.deadline
    }
    return earliest
  }

  #forgetSettled(): void {
    for (const { settled, bytes } of this.#waiting) if (settled) this.#pendingBytes -= bytes
    this.#waiting = this.#waiting.filter((command) => !command.settled)
    this.#tellDrained()
  }

  #watchHead(now: Milliseconds): void {
    const head = this.#inFlight.peek()
    if (head === undefined || !head.settled) this.#stuck = undefined
    else if (this.#stuck?.command !== head) this.#stuck = { command: head, since: now }
    else if (now - this.#stuck.since > longestSilence)
      this.#lose(new ConnectionError(this.address, `no reply to ${head.name} for ${Math.round(now - head.issued)} ms`))
  }

  async #drain(): Promise<void> {
    if (this.pending > 0 && this.#lost === undefined) await new Promise<void>((resolve) => (this.#drained = resolve))
    this.#lose(new ClosedError(this.address))
  }

  /** Lets {@link close} go on when nothing is pending any more. */
  #tellDrained(): void {
    if (this.#drained !== undefined && this.pending === 0) this.#drained()
  }

  /** The one way out: rejects what is pending, once, and tells who listens. */
  #lose(reason: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    this.#socket.destroy()
    this.#sweeper.stop()
    const [sent, unsent] = [this.#interrupted(true), this.#interrupted(false)]
    for (const command of this.#inFlight) command.fail(sent)
    for (const command of this.#waiting) command.fail(unsent)
    this.#waiting = []
    while (this.#inFlight.shift() !== undefined);
    this.#drained?.()
    this.#lostListeners.tell(reason)
    this.#lostListeners.clear()
    this.#pushListeners.clear()
  }

  #interrupted(sent: boolean): ConnectionError {
    const cause = this.#lost
    return cause instanceof ClosedError
      ? new ClosedError(this.address)
      : new ConnectionInterruptedError(this.address, sent, { cause })
  }
}

function isConfirmation([kind]: Push): boolean {
  return typeof kind === 'string' && kind.endsWith('subscribe')
}

let generations = 0
/** Bytes gathered before they are handed to the socket. */
const writeSize = 256 * 1024
/** How long a given-up command may stay at the head before its server counts as hung, in ms. */
const longestSilence = 1_000

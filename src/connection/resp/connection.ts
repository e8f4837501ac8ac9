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
import type { MaxPending } from '../options.js'
import { replyError } from '../reply-error.js'
import { Sweeper } from '../sweeper.js'
import { CommandBuffer, sizeOf } from './encoder.js'
import { ReplyParser, type ReplySink } from './parser.js'
import { PendingCommand } from './pending.js'
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
  readonly #pushListeners = new Set<(push: Push) => void>()
  readonly #lostListeners = new Set<(reason: Error) => void>()
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
    socket.on('error', (error) => this.#lose(error))
    socket.on('end', () => this.#lose(new ConnectionError(this.address, 'the server closed the connection')))
    socket.on('close', () => this.#lose(new ConnectionError(this.address, 'the connection was closed')))
  }

  get pending(): number {
    return this.#waiting.length + this.#inFlight.length
  }

  execute(command: EncodedCommand, { deadline, signal }: ExecuteOptions): Promise<Reply> {
    const refusal = this.#refusal(1, sizeOf(command.args)) ?? aborted(signal)
    if (refusal !== undefined) return Promise.reject(refusal.reason)
    return this.#enqueue(command, deadline, signal, false)
  }

  batch(commands: readonly EncodedCommand[], { deadline, signal }: ExecuteOptions): Promise<Reply[]> {
    const bytes = commands.reduce((sum, command) => sum + sizeOf(command.args), 0)
    const refusal = this.#refusal(commands.length, bytes) ?? aborted(signal)
    if (refusal !== undefined) return Promise.reject(refusal.reason)
    return Promise.all(commands.map((command) => this.#enqueue(command, deadline, signal, true)))
  }

  onPush(listener: (push: Push) => void): () => void {
    this.#pushListeners.add(listener)
    return () => this.#pushListeners.delete(listener)
  }

  onLost(listener: (reason: Error) => void): () => void {
    if (this.#lost !== undefined) listener(this.#lost)
    else this.#lostListeners.add(listener)
    return () => this.#lostListeners.delete(listener)
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
    if (this.#drained !== undefined && this.pending === 0) this.#drained()
  }

  push(push: Push): void {
    const head = this.#inFlight.peek()
    if (head !== undefined && head.confirmations > 0 && isConfirmation(push)) {
      if (--head.confirmations === 0) this.reply(null)
      return
    }
    for (const listener of this.#pushListeners) listener(push)
  }

  #refusal(commands: number, bytes: number): { readonly reason: unknown } | undefined {
    if (this.#lost !== undefined) return { reason: this.#interrupted(false) }
    if (this.#closing !== undefined) return { reason: new ClosedError(this.address) }
    const { commands: mostCommands, bytes: mostBytes } = this.#maxPending
    const fits =
      this.pending + commands <= mostCommands && (this.#pendingBytes + bytes <= mostBytes || this.pending === 0)
    if (fits) return undefined
    const problem = `${this.pending} commands (${this.#pendingBytes} bytes) wait already; send less, or raise maxPending`
    return { reason: new OverflowError(this.address, problem) }
  }

  #enqueue(
    command: EncodedCommand,
    deadline: Milliseconds,
    signal: AbortSignal | undefined,
    keepsErrors: boolean,
  ): Promise<Reply> {
    const pending = new PendingCommand(command, this.#clock.now(), deadline, keepsErrors)
    this.#waiting.push(pending)
    this.#pendingBytes += pending.bytes
    if (deadline < this.#earliest) this.#earliest = deadline
    if (signal !== undefined) follow(signal, pending)
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

  /** Writes what waits, until the socket asks to pause; what was given up meanwhile is left out. */
  #flush(): void {
    this.#flushing = false
    const waiting = this.#waiting
    let index = 0
    while (index < waiting.length && this.#lost === undefined && !this.#socket.writableNeedDrain) {
      for (; index < waiting.length && this.#output.bytes < writeSize; index++)
        this.#send(waiting[index] as PendingCommand)
      this.#write()
    }
    this.#waiting = index === waiting.length ? [] : waiting.slice(index)
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
    for (const chunk of chunks) this.#socket.write(chunk, 'latin1')
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
    for (const listener of this.#lostListeners) listener(reason)
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

function follow(signal: AbortSignal, pending: PendingCommand): void {
  const abort = (): void => pending.fail(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  pending.release = () => signal.removeEventListener('abort', abort)
}

function aborted(signal: AbortSignal | undefined): { readonly reason: unknown } | undefined {
  return signal?.aborted ? { reason: signal.reason } : undefined
}

function isConfirmation([kind]: Push): boolean {
  return typeof kind === 'string' && kind.endsWith('subscribe')
}

let generations = 0
/** Bytes gathered before they are handed to the socket. */
const writeSize = 256 * 1024
/** How long a given-up command may stay at the head before its server counts as hung, in ms. */
const longestSilence = 1_000

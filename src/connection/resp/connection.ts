import type { Socket } from 'node:net'
import {
  ClosedError,
  CommandTimeoutError,
  ConnectionError,
  ConnectionInterruptedError,
  ProtocolError,
} from '../../errors.js'
import type { Milliseconds } from '../../units.js'
import {
  ErrorReply,
  type Address,
  type ClockReading,
  type EncodedCommand,
  type ExecuteOptions,
  type ObservableConnection,
  type Push,
  type Reply,
  type Role,
} from '../connection.js'
import { deadlines, type DeadlineQueue } from '../deadlines.js'
import { Listeners } from '../listeners.js'
import { onAbort } from '../on-abort.js'
import type { MaxPending } from '../options.js'
import { replyError } from '../reply-error.js'
import { sizeOf } from './encoder.js'
import { HandshakeRefusal, type HandshakeCommand } from './handshake.js'
import { ReplyParser, type ReplySink } from './parser.js'
import { PendingCommand, type PendingOwner, type Place } from './pending.js'
import { PendingLimit } from './pending-limit.js'
import { Resp2Replies } from './resp2.js'
import { Ring } from './ring.js'
import { SendQueue, type SendListener } from './send-queue.js'
import { SilenceWatch } from './silence-watch.js'
import type { OpenSocket } from './socket.js'
import { canMove, keysOfWrites, touches } from './unanswered.js'
import { WithheldCommands } from './withheld.js'

export interface RespConnectionSettings {
  readonly address: Address
  readonly maxPending: MaxPending
  /**
   * When commands leave: at the end of the tick in which they were given, or of the turn of the loop, where calls that
   * replies of other sockets set off leave in the same write. @default 'tick'
   */
  readonly leaveAt?: 'tick' | 'turn'
  /** Where its commands' deadlines are kept. @default that of the process */
  readonly queue?: DeadlineQueue
}

/**
 * One socket that is connected already and speaks RESP3, or RESP2 where its server has no more.
 * `sent` means handed to socket.write; what backpressure holds back is not sent and can be tried elsewhere.
 * A sent command that was given up leaves a tombstone, so that later replies stay aligned. Silence is told to whoever
 * watches; it never ends the connection by itself.
 */
export class RespConnection implements ObservableConnection, ReplySink, PendingOwner, SendListener {
  readonly address: Address
  readonly generation: number = ++generations
  role: Role | undefined
  /** The number of this connection in the server's CLIENT LIST, as its reply to HELLO says. */
  clientId: number | undefined
  zone: string | undefined
  roundTrip: Milliseconds = 0
  clock: ClockReading | undefined
  readonly #socket: Socket
  readonly #queue: DeadlineQueue
  readonly #leaveAt: 'tick' | 'turn'
  readonly #limit: PendingLimit
  readonly #parser = new ReplyParser(this)
  readonly #unsent: SendQueue
  readonly #inFlight = new Ring<PendingCommand>()
  readonly #watch: SilenceWatch
  readonly #pushListeners = new Listeners<[push: Push]>()
  readonly #lostListeners = new Listeners<[reason: Error]>()
  #resp2: Resp2Replies | undefined
  #withheld: WithheldCommands | undefined
  #flushing = false
  #lost: Error | undefined
  #closing: Promise<void> | undefined
  #idle: () => void = nothing
  readonly #flushSoon = (): void => this.#flush()

  constructor(
    { socket, reads }: OpenSocket,
    { address, maxPending, leaveAt = 'tick', queue = deadlines }: RespConnectionSettings,
  ) {
    this.#socket = socket
    this.address = address
    this.#queue = queue
    this.#leaveAt = leaveAt
    this.#limit = new PendingLimit(address, maxPending)
    this.#unsent = new SendQueue(socket, this)
    this.#watch = new SilenceWatch(queue, () => this.#inFlight.peek())
    socket.on('drain', () => this.#drain())
    socket.on('error', (cause) => this.#lose(new ConnectionError(this.address, cause.message, { cause })))
    socket.on('end', () => this.#lose(new ConnectionError(this.address, 'the server closed the connection')))
    socket.on('close', () => this.#lose(new ConnectionError(this.address, 'the connection was closed')))
    reads.onData((chunk) => this.#read(chunk))
  }

  get ip(): string | undefined {
    return this.#socket.remoteAddress
  }

  get pending(): number {
    return this.#unsent.length + this.#inFlight.length
  }

  get oldest(): EncodedCommand | undefined {
    return this.#inFlight.peek()?.command
  }

  get silence(): Milliseconds {
    return this.#watch.silence
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
      if (pending.counted) this.#limit.check(1, pending.bytes)
      this.#enqueue(pending, options.signal, resolve, reject)
    } catch (error) {
      reject(error)
    }
  }

  async batch(commands: readonly EncodedCommand[], options: ExecuteOptions): Promise<Reply[]> {
    const withheld = this.#withheld
    if (withheld?.split(commands) === true) return withheld.around(commands, (sent) => this.batch(sent, options))
    const batch = commands.map((command, index) => this.#prepare(command, index === 0 ? 'first' : 'behind', options))
    if (batch[0]?.counted === true) this.#limit.check(batch.length, bytesOf(batch))
    return this.#together(batch, options.signal)
  }

  /**
   * Says what has to be said before anybody may use the connection.
   * @throws {HandshakeRefusal} the first command that was refused and is not optional
   * @throws the reason itself when the connection is lost meanwhile
   */
  async introduce(commands: readonly HandshakeCommand[], options: ExecuteOptions): Promise<Reply[]> {
    const began = this.#now()
    const control = { ...options, control: true }
    try {
      const handshake = commands.map((command) => ({ command, pending: this.#prepare(command, 'first', control) }))
      const replies = await Promise.all(
        handshake.map(async ({ command, pending }) => accepted(command, await this.#promise(pending, options.signal))),
      )
      if (this.#lost !== undefined) throw this.#lost
      this.roundTrip = this.#now() - began
      return replies
    } catch (error) {
      throw error instanceof ConnectionInterruptedError ? error.cause : error
    }
  }

  /** Reads what comes from now on as RESP2: what it has no type for is told by the command that it answers. */
  useResp2(): void {
    this.#resp2 = new Resp2Replies()
  }

  /** Refuses these commands from now on, and sends none of them. */
  withhold(commands: ReadonlySet<string>): void {
    this.#withheld = new WithheldCommands(commands)
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
    return this.#watch.onceHeard(listener)
  }

  watchSilence(after: () => Milliseconds, silent: () => void): void {
    this.#watch.tell(after, silent)
  }

  owesWriteOf(keys: readonly string[] | undefined): boolean {
    return touches(keysOfWrites(this.#all), keys)
  }

  moveReadsTo(other: ObservableConnection): void {
    if (!(other instanceof RespConnection)) return
    const touched = keysOfWrites(this.#all)
    for (const command of this.#all) if (canMove(command, touched) && command.settle()) other.#take(command)
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#finish())
  }

  destroy(reason: Error = new ClosedError(this.address)): void {
    this.#lose(reason)
  }

  readsBuffers(): boolean {
    const head = this.#inFlight.peek()
    const hearsText = this.#resp2 !== undefined && (this.#resp2.listens || (head?.confirmations ?? 0) > 0)
    return head?.command.decode === 'buffer' && !hearsText
  }

  reply(reply: Reply): void {
    if (this.#resp2 !== undefined && this.#heard(reply, this.#resp2)) return
    const command = this.#inFlight.shift()
    if (command === undefined) {
      if (this.#lost === undefined) this.#lose(new ProtocolError(this.address, 'a reply to nothing that was asked'))
      return
    }
    const read = this.#resp2 === undefined ? reply : this.#resp2.read(command.command.args, reply)
    if (typeof read === 'object' && read instanceof ErrorReply && !command.keepsErrors)
      command.fail(replyError(this.address, command.name, read))
    else command.fulfil(read)
  }

  push(push: Push): void {
    const head = this.#inFlight.peek()
    if (head !== undefined && head.confirmations > 0 && confirms(push, head.command)) {
      if (--head.confirmations === 0) this.reply(null)
      return
    }
    this.#pushListeners.tell(push)
  }

  /** @internal */
  settled(command: PendingCommand): void {
    this.#queue.remove(command)
    if (!command.sent) this.#unsent.dropSettled(command)
    if (!command.counted) return
    this.#limit.remove(command.bytes)
    if (this.#limit.isIdle) this.#idle()
  }

  /** @internal */
  expired(command: PendingCommand, now: Milliseconds): void {
    const { address } = this
    command.fail(new CommandTimeoutError(command.name, now - command.issued, command.sent, { address }))
  }

  /** @internal */
  sent(command: PendingCommand): void {
    if (command.progress !== undefined) command.progress.generation = this.generation
    this.#inFlight.push(command)
  }

  /** @throws why it cannot be sent at all */
  #prepare(command: EncodedCommand, place: Place, options: ExecuteOptions): PendingCommand {
    if (this.#lost !== undefined) throw this.#interrupted(false)
    if (this.#closing !== undefined) throw new ClosedError(this.address)
    this.#withheld?.check(command)
    options.signal?.throwIfAborted()
    const issued = this.#queue.clock.recent()
    const pending = new PendingCommand(command, place, sizeOf(command.args), issued, options, this)
    if (options.deadline <= pending.issued)
      throw new CommandTimeoutError(pending.name, 0, false, { address: this.address })
    return pending
  }

  /** Hot path: one promise for all of a batch; one for each took a third of its time (bench/suites/many-keys.mjs). */
  #together(batch: readonly PendingCommand[], signal: AbortSignal | undefined): Promise<Reply[]> {
    if (batch.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const replies = new Array<Reply>(batch.length)
      let left = batch.length
      batch.forEach((pending, index) => {
        const take = (reply: Reply): void => {
          replies[index] = reply
          if (--left === 0) resolve(replies)
        }
        this.#enqueue(pending, signal, take, reject)
      })
    })
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
    this.#unsent.add(pending)
    if (pending.counted) this.#limit.add(pending.bytes)
    this.#queue.add(pending)
    if (this.#flushing) return
    this.#flushing = true
    if (this.#leaveAt === 'turn') setImmediate(this.#flushSoon)
    else process.nextTick(this.#flushSoon)
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

  /** Whether a reply in RESP2 was a message that the server sent on its own. */
  #heard(reply: Reply, resp2: Resp2Replies): boolean {
    const push = resp2.pushOf(reply, (this.#inFlight.peek()?.confirmations ?? 0) > 0)
    if (push !== undefined) this.push(push)
    return push !== undefined
  }

  #flush(): void {
    this.#flushing = false
    const wasIdle = this.#inFlight.length === 0
    this.#unsent.flush(this.#now())
    if (wasIdle && this.#inFlight.length > 0) this.#watch.asked()
  }

  #drain(): void {
    const held = this.#unsent.takeHeld()
    if (held !== undefined) this.#watch.drained(held.bytes, held.since)
    this.#flush()
  }

  #read(chunk: Buffer): void {
    if (this.#lost !== undefined) return
    this.#watch.heard()
    try {
      this.#parser.write(chunk)
    } catch (error) {
      return this.#lose(
        new ProtocolError(this.address, `not a RESP server, or a broken one: ${String(error)}`, { cause: error }),
      )
    }
    const head = this.#inFlight.peek()
    if (head?.progress !== undefined && this.#parser.hasPartial) head.progress.begun = true
  }

  /** Everything without a reply, but what is about the connection itself and was not sent. */
  get #all(): readonly PendingCommand[] {
    return [...this.#inFlight, ...this.#unsent.waiting]
  }

  async #finish(): Promise<void> {
    if (!this.#limit.isIdle && this.#lost === undefined) await new Promise<void>((resolve) => (this.#idle = resolve))
    this.#lose(new ClosedError(this.address))
  }

  /** The one way out: rejects what is pending, once, and tells who listens. */
  #lose(reason: Error): void {
    if (this.#lost !== undefined) return
    this.#lost = reason
    this.#socket.destroy()
    this.#watch.stop()
    const [sent, unsent] = [this.#interrupted(true), this.#interrupted(false)]
    for (const command of this.#inFlight) command.fail(sent)
    for (const command of this.#unsent.clear()) command.fail(unsent)
    while (this.#inFlight.shift() !== undefined);
    this.#idle()
    this.#lostListeners.tell(reason)
    this.#lostListeners.clear()
    this.#pushListeners.clear()
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

/** @throws {HandshakeRefusal} the server refused it, and it is not optional */
function accepted(command: HandshakeCommand, reply: Reply): Reply {
  if (command.optional === true || !(reply instanceof ErrorReply)) return reply
  throw new HandshakeRefusal(String(command.args[0]), reply)
}

function bytesOf(batch: readonly PendingCommand[]): number {
  let bytes = 0
  for (const pending of batch) bytes += pending.bytes
  return bytes
}

/**
 * Whether a push answers such a command. A server also ends subscriptions by itself, as those to channels of a slot that
 * has moved, in the words in which it answers SUNSUBSCRIBE. Of a command that was given up nothing is known any more.
 */
function confirms([kind, channel]: Push, { args: [name, ...channels] }: EncodedCommand): boolean {
  if (name === undefined) return typeof kind === 'string' && kind.endsWith('subscribe')
  if (kind !== String(name).toLowerCase()) return false
  return channels.length === 0 || channel === null || channels.some((one) => String(one) === channel)
}

function nothing(): void {}

let generations = 0

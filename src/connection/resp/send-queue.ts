import type { Socket } from 'node:net'
import type { Milliseconds } from '../../units.js'
import { CommandBuffer } from './encoder.js'
import type { PendingCommand } from './pending.js'

/** What a send queue tells its connection. */
export interface SendListener {
  /** The command's bytes go to the socket next. */
  sent(command: PendingCommand): void
}

/**
 * Commands that were not handed to the socket yet. They leave in one write for each flush, until the socket asks to
 * pause; batches whole, and without what was given up meanwhile.
 */
export class SendQueue {
  readonly #socket: Socket
  readonly #listener: SendListener
  readonly #output = new CommandBuffer()
  #waiting: PendingCommand[] = []
  /** Commands about the connection itself: they leave before what waits. */
  #urgent: PendingCommand[] = []
  /** What was encoded and not handed to the socket yet. */
  #chunks: readonly Uint8Array[] = []
  /** Commands among those that wait that nobody waits for any more. */
  #givenUp = 0
  #held: { readonly since: Milliseconds; readonly bytes: number } | undefined

  constructor(socket: Socket, listener: SendListener) {
    this.#socket = socket
    this.#listener = listener
  }

  get length(): number {
    return this.#urgent.length + this.#waiting.length
  }

  /** The commands that wait, but those about the connection itself. */
  get waiting(): readonly PendingCommand[] {
    return this.#waiting
  }

  add(command: PendingCommand): void {
    if (command.control) this.#urgent.push(command)
    else this.#waiting.push(command)
  }

  /** One of them was settled: it is dropped with others, once these are half of all. */
  dropSettled(command: PendingCommand): void {
    if (command.control || ++this.#givenUp * 2 <= this.#waiting.length) return
    this.#givenUp = 0
    this.#waiting = this.#waiting.filter(({ settled }) => !settled)
  }

  flush(now: Milliseconds): void {
    let index = 0
    while (!this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      if (this.#chunks.length > 0) this.#write()
      else if (this.#urgent.length > 0) this.#encodeUrgent()
      else if (index < this.#waiting.length) index = this.#encode(index)
      else break
    }
    this.#waiting = index === this.#waiting.length ? [] : this.#waiting.slice(index)
    this.#givenUp = 0
    if (this.#socket.writableNeedDrain) this.#held ??= { since: now, bytes: this.#socket.writableLength }
  }

  /** The socket takes more: what it held, and since when. */
  takeHeld(): { readonly since: Milliseconds; readonly bytes: number } | undefined {
    const held = this.#held
    this.#held = undefined
    return held
  }

  /** Takes out everything. */
  clear(): readonly PendingCommand[] {
    const commands = [...this.#urgent, ...this.#waiting]
    this.#urgent = []
    this.#waiting = []
    this.#chunks = []
    return commands
  }

  /** Encodes what waits from `index` on, up to the size of one write; returns where it ended. */
  #encode(index: number): number {
    const waiting = this.#waiting
    do this.#send(waiting[index++] as PendingCommand)
    while (index < waiting.length && (this.#output.bytes < writeSize || waiting[index]?.place === 'behind'))
    this.#chunks = inSlices(this.#output.take())
    return index
  }

  #encodeUrgent(): void {
    for (const command of this.#urgent) this.#send(command)
    this.#urgent = []
    this.#chunks = inSlices(this.#output.take())
  }

  #send(command: PendingCommand): void {
    if (command.settled) return
    command.sent = true
    this.#output.add(command.command.args)
    this.#listener.sent(command)
  }

  #write(): void {
    const chunks = this.#chunks
    if (chunks.length > 1) this.#socket.cork()
    let index = 0
    do this.#socket.write(chunks[index++] as Uint8Array)
    while (index < chunks.length && !this.#socket.writableNeedDrain)
    if (chunks.length > 1) this.#socket.uncork()
    this.#chunks = index === chunks.length ? [] : chunks.slice(index)
    // A socket may hold a little without asking for a pause: those bytes must not be overwritten.
    if (this.#chunks.length === 0 && this.#socket.writableLength === 0) this.#output.reuse()
  }
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

/** Bytes gathered before they are handed to the socket. */
const writeSize = 256 * 1024
const sliceSize = 128 * 1024

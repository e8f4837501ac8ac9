import type { Socket } from 'node:net'
import { monotonicClock, type Milliseconds } from '../../units.js'

/** Bytes on their way; `undefined` is the end of them. */
interface Piece {
  readonly bytes: Buffer | undefined
  readonly dueAt: Milliseconds
}

/** What a flow does with the bytes that come. */
export interface FlowEffects {
  readonly held: boolean
  readonly delay: Milliseconds
  /** Bytes per second at most. */
  readonly rate: number
}

/** One direction of a connection through the proxy: what comes from one socket goes to another, later, or not yet. */
export class Flow {
  readonly #from: Socket
  readonly #to: Socket
  readonly #pass: (chunk: Buffer) => Buffer
  readonly #queue: Piece[] = []
  #delay: Milliseconds = 0
  #rate = Infinity
  #held = true
  /** When the next bytes may leave, at this rate. */
  #nextAt: Milliseconds = 0
  /** Bytes in the queue. */
  #queued = 0
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, pass: (chunk: Buffer) => Buffer = (chunk) => chunk) {
    this.#from = from.pause()
    this.#to = to
    this.#pass = pass
    from.on('data', (chunk) => this.#take(this.#pass(chunk)))
    from.on('end', () => this.#take(undefined))
    to.on('drain', () => this.#read())
  }

  /**
   * While it is held nothing is read: the sender's system takes what it has room for, as on a line that is dead. A slow
   * line takes a little more than it lets through.
   */
  set({ held, delay, rate }: FlowEffects): void {
    this.#held = held
    this.#delay = delay
    this.#rate = rate
    this.#nextAt = 0
    this.#forward()
    this.#read()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#queue.length = 0
  }

  #take(bytes: Buffer | undefined): void {
    this.#queue.push({ bytes, dueAt: monotonicClock.now() + this.#delay })
    this.#queued += bytes?.length ?? 0
    this.#forward()
    this.#read()
  }

  #forward(): void {
    clearTimeout(this.#timer)
    while (!this.#held && this.#queue[0] !== undefined) {
      const wait = Math.max(this.#queue[0].dueAt, this.#nextAt) - monotonicClock.now()
      if (wait > 0) return void (this.#timer = setTimeout(() => this.#goOn(), wait).unref())
      this.#send(this.#shift(this.#queue[0]))
    }
  }

  #goOn(): void {
    this.#forward()
    this.#read()
  }

  /** The first of the queue, or as much of it as may leave at a time. */
  #shift({ bytes, dueAt }: Piece): Buffer | undefined {
    const most = Math.max(1, Math.floor(this.#rate / piecesPerSecond))
    const sent = bytes?.subarray(0, most)
    if (bytes === undefined || bytes.length <= most) this.#queue.shift()
    else this.#queue[0] = { bytes: bytes.subarray(most), dueAt }
    this.#queued -= sent?.length ?? 0
    this.#nextAt = monotonicClock.now() + ((sent?.length ?? 0) * 1_000) / this.#rate
    return sent
  }

  #send(bytes: Buffer | undefined): void {
    if (bytes === undefined) this.#to.end()
    else if (!this.#to.write(bytes)) this.#from.pause()
  }

  #read(): void {
    const full = this.#rate < Infinity && this.#queued > roomOfSlowLine
    if (this.#held || full || this.#to.writableNeedDrain) this.#from.pause()
    else this.#from.resume()
  }
}

/** In how many pieces the bytes of a second leave a slow line. */
const piecesPerSecond = 50
/** Bytes that a slow line holds before it takes no more. */
const roomOfSlowLine = 16 * 1024

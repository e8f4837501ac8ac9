import type { Socket } from 'node:net'
import { monotonicClock, type Milliseconds } from '../../units.js'

/** Bytes on their way; `undefined` is the end of them. */
interface Piece {
  readonly bytes: Buffer | undefined
  readonly dueAt: Milliseconds
}

/** One direction of a connection through the proxy: what comes from one socket goes to another, later, or not yet. */
export class Flow {
  readonly #from: Socket
  readonly #to: Socket
  readonly #pass: (chunk: Buffer) => Buffer
  readonly #queue: Piece[] = []
  #delay: Milliseconds = 0
  #held = true
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, pass: (chunk: Buffer) => Buffer = (chunk) => chunk) {
    this.#from = from.pause()
    this.#to = to
    this.#pass = pass
    from.on('data', (chunk) => this.#take(this.#pass(chunk)))
    from.on('end', () => this.#take(undefined))
    to.on('drain', () => this.#read())
  }

  /** While it is held nothing is read: the sender's system takes what it has room for, as on a line that is dead. */
  set({ held, delay }: { readonly held: boolean; readonly delay: Milliseconds }): void {
    this.#held = held
    this.#delay = delay
    this.#forward()
    this.#read()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#queue.length = 0
  }

  #take(bytes: Buffer | undefined): void {
    this.#queue.push({ bytes, dueAt: monotonicClock.now() + this.#delay })
    this.#forward()
  }

  #forward(): void {
    clearTimeout(this.#timer)
    while (!this.#held && this.#queue[0] !== undefined) {
      const wait = this.#queue[0].dueAt - monotonicClock.now()
      if (wait > 0) return void (this.#timer = setTimeout(() => this.#forward(), wait).unref())
      this.#send(this.#queue.shift()?.bytes)
    }
  }

  #send(bytes: Buffer | undefined): void {
    if (bytes === undefined) this.#to.end()
    else if (!this.#to.write(bytes)) this.#from.pause()
  }

  #read(): void {
    if (this.#held || this.#to.writableNeedDrain) this.#from.pause()
    else this.#from.resume()
  }
}

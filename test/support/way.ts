import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'
import type { LabServer } from '../../src/lab/index.js'

export interface WayOptions {
  /** Bytes per ms that pass in each direction of a connection. @default no limit */
  readonly rate?: number
}

/** A way to real servers that a test makes slow, lets die under those who are on it, or leads elsewhere. */
export interface Way extends AsyncDisposable {
  /** Where a cache finds it. */
  readonly location: string
  /** Connections that came so far. */
  readonly accepted: number
  /** Connections that come from now on lead to this server. */
  lead(server: LabServer): void
  /** What is open delivers nothing any more, in neither direction, and is not closed; who comes later is served. */
  die(): void
}

export async function startWay(first: LabServer, { rate = Infinity }: WayOptions = {}): Promise<Way> {
  const open = new Set<Socket>()
  let [server, accepted] = [first, 0]
  const keep = (socket: Socket): Socket => {
    open.add(socket.on('error', () => {}).on('close', () => open.delete(socket)))
    return socket
  }
  const listener = createServer({ noDelay: true }, (caller) => {
    accepted++
    const far = keep(connect({ host: server.host, port: server.port, noDelay: true }))
    keep(caller).on('close', () => far.destroy())
    far.on('close', () => caller.destroy())
    caller.pipe(new Throttle(rate)).pipe(far)
    far.pipe(new Throttle(rate)).pipe(caller)
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  return {
    location: `valkey://127.0.0.1:${(listener.address() as AddressInfo).port}/0`,
    get accepted() {
      return accepted
    },
    lead: (next) => void (server = next),
    die: () => open.forEach((socket) => void socket.unpipe().pause()),
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

/** Lets so many bytes through per ms; what was late is made up for. */
class Throttle extends Transform {
  readonly #rate: number
  #freeAt = 0

  constructor(rate: number) {
    super()
    this.#rate = rate
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#freeAt = Math.max(performance.now(), this.#freeAt) + chunk.length / this.#rate
    const wait = this.#freeAt - performance.now()
    if (wait <= 1) return done(null, chunk)
    setTimeout(() => done(null, chunk), wait)
  }
}

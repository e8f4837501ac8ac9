import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { LabServer } from '../../src/lab/index.js'

export interface Gate extends AsyncDisposable {
  readonly port: number
  /** Connections that came so far. */
  readonly accepted: number
}

export interface GateOptions {
  /** How many connections break as soon as something is said on them. */
  readonly cut: number
  /** How many pass before these. @default 0 */
  readonly pass?: number
}

/** A way to a real server on which some of the connections break, in the order in which they come. */
export async function startGate(server: LabServer, { cut, pass = 0 }: GateOptions): Promise<Gate> {
  const sockets: Socket[] = []
  let accepted = 0
  const keep = (socket: Socket): Socket => {
    sockets.push(socket.on('error', () => {}))
    return socket
  }
  const listener = createServer((caller) => {
    keep(caller)
    const place = accepted++
    if (place >= pass && place < pass + cut) return void caller.once('data', () => caller.destroy())
    const way = keep(connect(server.port, server.host)).on('close', () => caller.destroy())
    caller.pipe(way).pipe(caller)
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    get accepted() {
      return accepted
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { LabServer } from '../../src/lab/index.js'

export interface Cutter extends AsyncDisposable {
  readonly port: number
  /** Loses the connection at the next command whose bytes hold this text: before it reaches the server, or its reply. */
  cut(what: 'command' | 'reply', text: string): void
  /** How often it did. */
  readonly cuts: number
}

/** A way to a real server on which connections are lost when they are told to be. */
export async function startCutter(server: LabServer): Promise<Cutter> {
  const sockets: Socket[] = []
  let order: { readonly what: 'command' | 'reply'; readonly text: string } | undefined
  let cuts = 0
  const keep = (socket: Socket): Socket => {
    sockets.push(socket.on('error', () => {}))
    return socket
  }
  const listener = createServer((caller) => {
    const way = keep(connect(server.port, server.host))
    let lost = false
    const lose = (): void => {
      cuts++
      caller.destroy()
    }
    keep(caller).on('data', (bytes) => {
      const hit = order !== undefined && bytes.includes(order.text) ? order.what : undefined
      if (hit !== undefined) order = undefined
      if (hit === 'command') return lose()
      lost = hit === 'reply'
      way.write(bytes)
    })
    way.on('data', (bytes) => void (lost ? lose() : caller.write(bytes)))
    caller.on('close', () => way.end())
  })
  await once(listener.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    cut: (what, text) => void (order = { what, text }),
    get cuts() {
      return cuts
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
      await once(listener, 'close')
    },
  }
}

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { LabServer } from '../../src/lab/index.js'

export interface Cutter extends AsyncDisposable {
  readonly port: number
  /**
   * Loses the connection at the next command whose bytes hold this text: before it reaches the server, or when it has run
   * and before its reply is passed on.
   */
  cut(what: 'command' | 'reply', text: string): void
  /** How often it did. */
  readonly cuts: number
}

/**
 * The server is asked to echo this behind a command whose reply is to be lost. When it does the command has run, whatever
 * else was asked before or after it: a heartbeat may come at any time.
 */
const mark = 'the command before ran'
const marking = `*2\r\n$4\r\nECHO\r\n$${mark.length}\r\n${mark}\r\n`

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
    let withheld: string | undefined
    const lose = (): void => {
      cuts++
      caller.destroy()
    }
    keep(caller).on('data', (bytes) => {
      const hit = order !== undefined && bytes.includes(order.text) ? order.what : undefined
      if (hit !== undefined) order = undefined
      if (hit === 'command') return lose()
      way.write(bytes)
      if (hit === undefined) return
      withheld = ''
      way.write(marking)
    })
    way.on('data', (bytes) => {
      if (withheld === undefined) return void caller.write(bytes)
      withheld += bytes.toString('latin1')
      if (!caller.destroyed && withheld.includes(mark)) lose()
    })
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

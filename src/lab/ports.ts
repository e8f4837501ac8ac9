import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { LabError } from './lab-error.js'

export const loopback = '127.0.0.1'

/** Ports are taken from below the range that the system gives to outgoing connections, or a client could sit on one. */
const lowest = 20_000
const highest = 32_000

const given = new Set<number>()
let sources = 0

/** A loopback port that nobody listens on and that this process was not given before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(lowest, highest)
    if (given.has(port)) continue
    given.add(port)
    if (await canListen(port)) return port
  }
  throw new LabError(`No free port on ${loopback} between ${lowest} and ${highest}.`)
}

/** A loopback address that no other server of this process dials from; undefined where 127.0.0.1 is the only one. */
export async function freeSource(): Promise<string | undefined> {
  sources += 1
  const source = `127.0.${1 + Math.floor(sources / 250)}.${1 + (sources % 250)}`
  return (await canListen(0, source)) ? source : undefined
}

function canListen(port: number, host = loopback): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port }, () => server.close(() => resolve(true)))
  })
}

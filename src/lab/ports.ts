import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { LabError } from './lab-error.js'

/** Ports are taken from below the range that the system gives to outgoing connections, or a client could sit on one. */
const lowest = 20_000
const highest = 32_000

const given = new Set<number>()

/** A loopback port that nobody listens on and that this process was not given before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(lowest, highest)
    if (given.has(port)) continue
    given.add(port)
    if (await canListen(port)) return port
  }
  throw new LabError(`No free port on 127.0.0.1 between ${lowest} and ${highest}.`)
}

export function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort))
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)))
  })
}

import { once } from 'node:events'
import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { LabError } from './lab-error.js'

export const loopback = '127.0.0.1'

/** Ports are taken from below the range that the system gives to outgoing connections, or a client could sit on one. */
const lowest = 20_000
const highest = 32_000
/** A process takes this many ports at a time, and listens on the first of them for as long as it lives. */
const blockSize = 100

const free: number[] = []
let taking: Promise<void> | undefined
let sources = 0

/**
 * A loopback port that nobody listens on, and that no lab was given before: not in this process, nor in any other that
 * still runs. So the sentinels of one lab never take a server of another for one of theirs that came back.
 */
export async function freePort(): Promise<number> {
  while (true) {
    if (free.length === 0) await (taking ??= takeBlock().finally(() => (taking = undefined)))
    const port = free.pop()
    if (port !== undefined && (await canListen(port))) return port
  }
}

/** A loopback address that no other server of this process dials from; undefined where 127.0.0.1 is the only one. */
export async function freeSource(): Promise<string | undefined> {
  sources += 1
  const source = `127.0.${1 + Math.floor(sources / 250)}.${1 + (sources % 250)}`
  return (await canListen(0, source)) ? source : undefined
}

async function takeBlock(): Promise<void> {
  const blocks = (highest - lowest) / blockSize
  const start = randomInt(blocks)
  for (let index = 0; index < blocks; index += 1) {
    const first = lowest + ((start + index) % blocks) * blockSize
    const guard = await listen(first)
    if (guard === undefined) continue
    guard.unref()
    free.push(...Array.from({ length: blockSize - 1 }, (_, offset) => first + blockSize - 1 - offset))
    return
  }
  throw new LabError(`No free ports on ${loopback} between ${lowest} and ${highest}.`)
}

async function canListen(port: number, host = loopback): Promise<boolean> {
  const server = await listen(port, host)
  if (server === undefined) return false
  await once(server.close(), 'close')
  return true
}

function listen(port: number, host = loopback): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ host, port }, () => resolve(server))
  })
}

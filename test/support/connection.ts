import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test as base } from 'vitest'
import type { EncodedCommand, ExecuteOptions, NodeTarget, Role } from '../../src/connection/connection.js'
import { loopClock } from '../../src/connection/deadlines.js'
import type { Initialiser } from '../../src/connection/initialiser.js'
import { resolveConnectionOptions, type ConnectionOptions } from '../../src/connection/options.js'
import type { Lookup } from '../../src/connection/resp/addresses.js'
import type { RespConnection } from '../../src/connection/resp/connection.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import { startLab } from '../../src/lab/index.js'

export interface Wishes extends ConnectionOptions {
  readonly role?: Role
  readonly signal?: AbortSignal
  readonly initialisers?: readonly Initialiser[]
  readonly lookup?: Lookup
}

/** Opens a connection that ends with the test. */
export type Connect = (target: NodeTarget, wishes?: Wishes) => Promise<RespConnection>

/** Listens on loopback until the test ends, as a server that is not a Valkey or not a good one. */
export type Impostor = (greet: (socket: Socket) => void) => Promise<NodeTarget>

/** Tests with real servers: a lab for the file, a server of its own for each test that asks for one. */
export const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('lab', { scope: 'file' }, async ({}, { onCleanup }) => {
    const lab = await startLab()
    onCleanup(() => lab.stop())
    return lab
  })
  .extend('server', async ({ lab }, { onCleanup }) => {
    const server = await lab.server()
    onCleanup(() => server.kill())
    return server
  })
  // oxlint-disable-next-line no-empty-pattern -- as above
  .extend('connect', ({}, { onCleanup }) => {
    const opened: RespConnection[] = []
    onCleanup(() => opened.forEach((connection) => connection.destroy()))
    const connect: Connect = async (target, { role, signal, initialisers, lookup, ...options } = {}) => {
      const factory = new RespConnectionFactory(resolveConnectionOptions(options, String), { initialisers, lookup })
      const connection = await factory.connect(target, role, signal ?? new AbortController().signal)
      opened.push(connection)
      return connection
    }
    return connect
  })
  .extend('connection', ({ server, connect }) => connect(server))
  // oxlint-disable-next-line no-empty-pattern -- as above
  .extend('impostor', ({}, { onCleanup }) => {
    const sockets: Socket[] = []
    const impostor: Impostor = async (greet) => {
      const listener = createServer((socket) => {
        sockets.push(socket.on('error', () => {}))
        greet(socket)
      })
      onCleanup(() => {
        listener.close()
        sockets.forEach((socket) => socket.destroy())
      })
      await once(listener.listen(0, '127.0.0.1'), 'listening')
      return { host: '127.0.0.1', port: (listener.address() as AddressInfo).port }
    }
    return impostor
  })

export function text(...args: readonly (string | Uint8Array)[]): EncodedCommand {
  return { args, decode: 'text' }
}

export function bytes(...args: readonly (string | Uint8Array)[]): EncodedCommand {
  return { args, decode: 'buffer' }
}

export function subscribe(...channels: readonly string[]): EncodedCommand {
  return { args: ['SUBSCRIBE', ...channels], decode: 'text', confirmations: channels.length }
}

/** Options of a command that has so much time. */
export function within(ms: number, signal?: AbortSignal): ExecuteOptions {
  return { deadline: loopClock.now() + ms, signal }
}

/** Long enough to be no reason for anything. */
export const patient = (signal?: AbortSignal): ExecuteOptions => within(30_000, signal)

/** Holds the event loop, as a long garbage collection does. */
export function blockLoop(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

/** What this process still waits for: sockets, timers, servers. */
export function activeResources(type: string): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith(type)).length
}

/** What nobody caught while the work ran. */
export async function uncaught(work: () => Promise<void>): Promise<unknown[]> {
  const errors: unknown[] = []
  const usual = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', (error) => errors.push(error))
  try {
    await work()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.removeAllListeners('uncaughtException')
    for (const listener of usual) process.on('uncaughtException', listener)
  }
  return errors
}

/** Why a connection ended, once it has. */
export function lossOf(connection: RespConnection): Promise<Error> {
  return new Promise((resolve) => connection.onLost(resolve))
}

/** Until what was issued in this tick has left. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

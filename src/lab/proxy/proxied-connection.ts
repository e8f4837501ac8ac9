import { connect, type Socket } from 'node:net'
import type { NodeTarget } from '../../connection/connection.js'
import type { Effects } from './faults.js'
import { Flow } from './flow.js'
import { MessageFilter } from './message-filter.js'

/** One connection through the proxy: two sockets, and what passes between them. It keeps nobody's process alive. */
export class ProxiedConnection {
  /** The address that it came from. */
  readonly source: string
  readonly #near: Socket
  readonly #target: NodeTarget
  readonly #filter = new MessageFilter()
  #far: Socket | undefined
  #flows: readonly Flow[] = []

  constructor(near: Socket, target: NodeTarget) {
    this.source = near.remoteAddress ?? ''
    this.#near = near.unref()
    this.#target = target
    near.on('error', () => {})
    near.on('close', (failed) => this.#closed(this.#far, failed))
  }

  onClose(listener: () => void): void {
    this.#near.once('close', listener)
  }

  /** Dials the server as soon as it is not held back from it. */
  feel({ cut, held, delay, swallows }: Effects): void {
    if (cut) return this.reset()
    this.#filter.swallows = swallows
    if (!held && !this.#far) this.#dial()
    for (const flow of this.#flows) flow.set({ held, delay })
  }

  /** Both ends see ECONNRESET. */
  reset(): void {
    reset(this.#near)
    reset(this.#far)
  }

  #dial(): void {
    const far = connect({ ...this.#target, allowHalfOpen: true, noDelay: true }).unref()
    far.on('error', () => {})
    far.on('close', (failed) => this.#closed(this.#near, failed))
    this.#far = far
    this.#flows = [new Flow(this.#near, far), new Flow(far, this.#near, (chunk) => this.#filter.pass(chunk))]
  }

  #closed(other: Socket | undefined, failed: boolean): void {
    for (const flow of this.#flows) flow.stop()
    if (failed) reset(other)
    else other?.destroy()
  }
}

/** A socket that is being shut down cannot be reset any more: libuv refuses, and the process would spin at its end. */
function reset(socket: Socket | undefined): void {
  if (socket?.writableEnded) socket.destroy()
  else socket?.resetAndDestroy()
}

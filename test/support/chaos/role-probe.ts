import { connect, type Socket } from 'node:net'
import type { Role } from '../../../src/index.js'
import type { LabServer } from '../../../src/lab/index.js'

/** A client of its own, without anything of ours: it asks one server for its role, through the same proxy. */
export class RoleProbe {
  readonly #server: LabServer
  readonly #timer: NodeJS.Timeout
  #socket: Socket | undefined
  #heard = ''
  #askedAt: number | undefined
  #answer: { readonly role: Role | undefined; readonly at: number } | undefined

  constructor(server: LabServer) {
    this.#server = server
    this.#timer = setInterval(() => this.#ask(), period).unref()
  }

  get address(): string {
    return this.#server.address
  }

  /** What the server says that it is, and that lately; a replica counts once its link is up. */
  role(now: number): Role | undefined {
    return this.#answer !== undefined && now - this.#answer.at < fresh ? this.#answer.role : undefined
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#drop()
  }

  #ask(): void {
    const now = performance.now()
    if (this.#askedAt !== undefined && now - this.#askedAt > patience) this.#drop()
    if (this.#askedAt !== undefined) return
    this.#socket ??= this.#dial()
    this.#askedAt = now
    this.#heard = ''
    this.#socket.write('ROLE\r\n')
  }

  #dial(): Socket {
    const socket = connect(this.#server.port, this.#server.host).setNoDelay(true).unref()
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#hear(text))
    socket.on('error', () => {})
    socket.on('close', () => {
      if (this.#socket === socket) this.#drop()
    })
    return socket
  }

  #hear(text: string): void {
    this.#heard += text
    const role = roleIn(this.#heard)
    if (role === undefined) return
    this.#answer = { role: role === 'neither' ? undefined : role, at: performance.now() }
    this.#askedAt = undefined
  }

  #drop(): void {
    this.#socket?.destroy()
    this.#socket = undefined
    this.#askedAt = undefined
    this.#answer = undefined
  }
}

/** `undefined` while the reply is not there yet. */
function roleIn(reply: string): Role | 'neither' | undefined {
  if (reply.startsWith('-') && reply.includes('\r\n')) return 'neither'
  if (reply.startsWith('*3\r\n$6\r\nmaster\r\n')) return 'primary'
  const [, link] = /^\*5\r\n\$5\r\nslave\r\n\$\d+\r\n[^\r]*\r\n:\d+\r\n\$\d+\r\n([^\r]*)\r\n/.exec(reply) ?? []
  return link === undefined ? undefined : link === 'connected' ? 'replica' : 'neither'
}

/** How often it asks, how old an answer may be, and when it dials anew; in ms. */
const period = 50
const fresh = 300
const patience = 500

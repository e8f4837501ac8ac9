import { setTimeout as sleep } from 'node:timers/promises'
import { AuthenticationError, CommandError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import type { Connection, ObservableConnection, Reply } from './connection.js'
import { Alarm, loopClock } from './deadlines.js'

/** What a probe finds out; of several findings the last one counts. */
export interface SilenceListener {
  /** The second connection is not answered: the server is busy or frozen. */
  unresponsive(): void
  /** The server answers the second connection, and holds back what the first one asked. */
  paused(second: Connection): void
  /** The server answers the second connection, and nothing holds back the first: the way to it is gone. */
  dead(second: Connection): void
  /** The first connection was heard again, or lost. */
  over(): void
}

/**
 * Finds out why a connection is silent, by a second connection beside it. Ends when the first one is heard or lost.
 * Silence alone never ends a connection: a server that executes a long script is silent, and so is one that was told
 * to hold back writes.
 */
export class SilenceProbe {
  readonly #first: ObservableConnection
  readonly #dial: (signal: AbortSignal) => Promise<Connection>
  readonly #patience: Milliseconds
  readonly #listener: SilenceListener
  readonly #ended = new AbortController()
  readonly #alarm: Alarm

  /** @param patience the silence after which an unanswered second connection says that the server is unresponsive, in ms */
  constructor(
    first: ObservableConnection,
    dial: (signal: AbortSignal) => Promise<Connection>,
    patience: Milliseconds,
    listener: SilenceListener,
  ) {
    this.#first = first
    this.#dial = dial
    this.#patience = patience
    this.#listener = listener
    this.#alarm = new Alarm(() => listener.unresponsive())
    this.#alarm.set(loopClock.now() + Math.max(0, patience - first.silence))
    first.onceHeard(() => this.#end())
    first.onLost(() => this.#end())
    void this.#run()
  }

  stop(): void {
    this.#ended.abort()
    this.#alarm.clear()
  }

  #end(): void {
    if (this.#ended.signal.aborted) return
    this.stop()
    this.#listener.over()
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      try {
        const second = await this.#dial(signal)
        return await this.#judge(second).catch((error: unknown) => {
          second.destroy()
          throw error
        })
      } catch {
        await sleep(pauseAfterFailure, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** @throws when the second connection fails too */
  async #judge(second: Connection): Promise<void> {
    const { signal } = this.#ended
    let { paused } = await this.#cause(second)
    this.#alarm.clear()
    if (!paused) await this.#waitForSilence()
    if (signal.aborted) return second.destroy()
    if (paused) this.#listener.paused(second)
    while (paused && !signal.aborted) {
      await sleep(recheck, undefined, { signal }).catch(() => {})
      const cause = await this.#cause(second).catch(() => undefined)
      paused = cause?.paused !== false && (cause?.certain === true || this.#first.silence < longestGuess)
    }
    if (!signal.aborted) this.#listener.dead(second)
  }

  /** Whether the server says that the first client is blocked; where it may not be asked, whether a write is due. */
  async #cause(second: Connection): Promise<{ readonly paused: boolean; readonly certain: boolean }> {
    const { clientId, oldest } = this.#first
    const guess = { paused: oldest?.intent !== 'read', certain: false }
    if (clientId === undefined) return guess
    try {
      const args = ['CLIENT', 'LIST', 'ID', String(clientId)]
      const limits = { deadline: loopClock.now() + patienceOfSecond, control: true }
      return { paused: isBlocked(await second.execute({ args, decode: 'text' }, limits)), certain: true }
    } catch (error) {
      if (error instanceof CommandError || error instanceof AuthenticationError) return guess
      throw error
    }
  }

  async #waitForSilence(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted && this.#first.silence < this.#patience)
      await sleep(this.#patience - this.#first.silence, undefined, { signal }).catch(() => {})
  }
}

/** Whether CLIENT LIST shows a blocked client: flag `b`. Pure. */
export function isBlocked(list: Reply): boolean {
  const [, flags = ''] = /(?:^| )flags=(\S*)/.exec(String(list)) ?? []
  return flags.includes('b')
}

const pauseAfterFailure: Milliseconds = 200
const patienceOfSecond: Milliseconds = 1_000
const recheck: Milliseconds = 1_000
/** Where nobody can be asked whether writes are paused, a connection that is silent for so long counts as dead, in ms. */
const longestGuess: Milliseconds = 10_000

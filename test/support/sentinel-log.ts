import type { Connection } from '../../src/connection/connection.js'
import { resolveConnectionOptions } from '../../src/connection/options.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { patient } from './connection.js'

/** A message that a sentinel published; `at` is on the clock of performance.now(). */
export interface Message {
  readonly sentinel: LabServer
  readonly channel: string
  readonly text: string
  readonly at: number
}

/** What sentinels publish, to judge a cache by what the servers did in the same run. */
export class SentinelLog {
  readonly messages: Message[] = []
  readonly #connections: Connection[] = []

  static async start(sentinels: readonly LabServer[]): Promise<SentinelLog> {
    const log = new SentinelLog()
    await Promise.all(sentinels.map((sentinel) => log.#listen(sentinel)))
    return log
  }

  /** Resolves with the first message of this channel that there is or that comes. */
  heard(channel: string, timeout = 20_000): Promise<Message> {
    return eventually(() => this.messages.find((message) => message.channel === channel) ?? false, { timeout })
  }

  stop(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  async #listen(sentinel: LabServer): Promise<void> {
    const factory = new RespConnectionFactory(resolveConnectionOptions({ clientName: 'lab' }, String))
    const connection = await factory.connect(sentinel, undefined, new AbortController().signal)
    this.#connections.push(connection)
    connection.onPush(([, , channel, text]) => {
      this.messages.push({ sentinel, channel: String(channel), text: String(text), at: performance.now() })
    })
    await connection.execute({ args: ['PSUBSCRIBE', '*'], decode: 'text', confirmations: 1 }, patient())
  }
}

/** Lets sentinels ask nodes for INFO, and tell each other of the primary, this often; by default every 10 and 2 s. */
export async function hasten(
  sentinels: readonly LabServer[],
  { info = 10_000, publish = 2_000 }: { readonly info?: number; readonly publish?: number },
): Promise<void> {
  const periods = ['info-period', info, 'publish-period', publish]
  await Promise.all(sentinels.map((sentinel) => sentinel.command('SENTINEL', 'DEBUG', ...periods)))
}

/** Resolves when everybody is back and agrees; rejects when that takes longer than `timeout`, in ms. */
export async function calm(group: LabGroup, timeout = 60_000): Promise<void> {
  await hasten(group.sentinels, { info: 100, publish: 250 })
  await group.settled({ timeout })
  await hasten(group.sentinels, {})
}

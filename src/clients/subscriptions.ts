import type { Push, Reply } from '../connection/connection.js'
import { loopClock } from '../connection/deadlines.js'
import { abortable } from '../connection/limit.js'
import type { Lease } from '../connection/pool.js'
import { CommandTimeoutError, ConnectionInterruptedError } from '../errors.js'
import type { Milliseconds } from '../units.js'

/** Hears the messages of one channel. `undefined`: no more come, for the connection was lost, or the slot has moved. */
export type ChannelListener = (message: string | undefined) => void

/** One listener of one channel. */
export interface Subscription {
  /** Hears nothing any more. May be called twice. */
  close(): void
}

export interface SubscriptionsOptions {
  /** Opens the connection. */
  readonly open: () => Promise<Lease>
  /** How long a server may take to confirm a subscription, in ms. */
  readonly confirmTime: Milliseconds
  /** How long the connection is kept while nobody listens, in ms. @default 10_000 */
  readonly idleTime?: Milliseconds
}

/**
 * The subscriptions of one client at one primary, on one connection that is opened when it is first needed. Channels are
 * shard channels (SSUBSCRIBE), which servers outside of clusters have too. A subscription that has ended is not renewed:
 * who still wants it subscribes again, and looks at what it may have missed.
 */
export class Subscriptions {
  readonly #options: Required<SubscriptionsOptions>
  readonly #channels = new Map<string, Channel>()
  #opening: Promise<Lease> | undefined
  #idle: NodeJS.Timeout | undefined
  #ended: Error | undefined

  constructor({ idleTime = 10_000, ...options }: SubscriptionsOptions) {
    this.#options = { ...options, idleTime }
  }

  /**
   * Listens to a channel; resolves when the server has confirmed that.
   * @throws {AuthenticationError} E_AUTH our user may not subscribe
   * @throws {CacheError} the server cannot be reached, or does not serve the channel's slot
   */
  async subscribe(name: string, listener: ChannelListener, signal?: AbortSignal): Promise<Subscription> {
    if (this.#ended !== undefined) throw this.#ended
    const channel = this.#channels.get(name) ?? this.#begin(name)
    channel.listeners.add(listener)
    const subscription = { close: (): void => this.#leave(channel, listener) }
    try {
      await (signal === undefined ? channel.confirmed : abortable(channel.confirmed, signal))
      return subscription
    } catch (error) {
      subscription.close()
      throw error
    }
  }

  /** Ends all subscriptions, and refuses others. */
  end(reason: Error): void {
    this.#ended = reason
    this.#drop()
  }

  #begin(name: string): Channel {
    clearTimeout(this.#idle)
    const channel = new Channel(name, (begun) => this.#confirm(begun))
    this.#channels.set(name, channel)
    channel.confirmed.catch(() => this.#forget(channel))
    return channel
  }

  /**
   * A server that does not confirm in time is not heard either: the connection is given up. A channel that has ended
   * meanwhile is not confirmed: its listeners would hear nothing.
   */
  async #confirm(channel: Channel): Promise<void> {
    const lease = await this.#connect()
    this.#check(channel, lease)
    channel.asked = true
    try {
      await this.#ask(lease, 'SSUBSCRIBE', channel.name)
    } catch (error) {
      if (error instanceof CommandTimeoutError) lease.release()
      throw error
    }
    this.#check(channel, lease)
  }

  /** @throws {ConnectionInterruptedError} E_INTERRUPTED the connection was lost, the slot has moved, or all have left */
  #check(channel: Channel, { connection }: Lease): void {
    if (this.#channels.get(channel.name) === channel) return
    const problem = 'the subscription has ended before it was confirmed'
    throw new ConnectionInterruptedError(connection.address, channel.asked, { problem })
  }

  #ask({ connection }: Lease, command: 'SSUBSCRIBE' | 'SUNSUBSCRIBE', name: string): Promise<Reply> {
    const limits = { deadline: loopClock.now() + this.#options.confirmTime }
    return connection.execute({ args: [command, name], decode: 'text', confirmations: 1 }, limits)
  }

  #connect(): Promise<Lease> {
    return (this.#opening ??= this.#open())
  }

  async #open(): Promise<Lease> {
    try {
      const lease = await this.#options.open()
      if (this.#ended !== undefined) {
        lease.release()
        throw this.#ended
      }
      lease.connection.onPush((push) => this.#hear(push))
      lease.connection.onLost(() => this.#lose())
      return lease
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  #hear([kind, name, message]: Push): void {
    const channel = this.#channels.get(String(name))
    if (channel === undefined) return
    if (kind === 'smessage') channel.tell(String(message))
    else if (kind === 'sunsubscribe') this.#close(channel)
  }

  #leave(channel: Channel, listener: ChannelListener): void {
    channel.listeners.delete(listener)
    if (channel.listeners.size > 0 || this.#channels.get(channel.name) !== channel) return
    this.#forget(channel)
    if (channel.asked) this.#unsubscribe(channel.name)
  }

  /** A connection that was lost meanwhile has unsubscribed as well. */
  #unsubscribe(name: string): void {
    void this.#opening?.then((lease) => this.#ask(lease, 'SUNSUBSCRIBE', name)).catch(() => {})
  }

  #forget(channel: Channel): void {
    if (this.#channels.get(channel.name) === channel) this.#channels.delete(channel.name)
    clearTimeout(this.#idle)
    if (this.#channels.size === 0) this.#idle = setTimeout(() => this.#drop(), this.#options.idleTime).unref()
  }

  #close(channel: Channel): void {
    this.#forget(channel)
    channel.tell(undefined)
  }

  #lose(): void {
    this.#opening = undefined
    for (const channel of this.#channels.values()) this.#close(channel)
  }

  #drop(): void {
    clearTimeout(this.#idle)
    void this.#opening?.then(
      (lease) => lease.release(),
      () => {},
    )
  }
}

/** A channel, and who listens to it. */
class Channel {
  readonly name: string
  readonly listeners = new Set<ChannelListener>()
  /** Resolves when the server has confirmed the subscription. */
  readonly confirmed: Promise<void>
  /** Whether the server was asked for the subscription. */
  asked = false

  constructor(name: string, confirm: (channel: Channel) => Promise<void>) {
    this.name = name
    this.confirmed = confirm(this)
  }

  tell(message: string | undefined): void {
    for (const listener of this.listeners) listener(message)
  }
}

import type {
  CallOptions,
  Client,
  LeaseOptions,
  TimeSource,
  TopologySnapshot,
  TrackingListener,
} from '../clients/client.js'
import type { Call, Intent } from '../clients/command.js'
import type { ScanFrom } from '../clients/commands/scan.js'
import type { OwnConnection } from '../clients/own-connection.js'
import type { ChannelListener, Subscription } from '../clients/subscriptions.js'
import type { ErrorReply, Reply } from '../connection/connection.js'
import { UnsupportedError } from '../errors.js'
import type { TopologyEvent } from '../topology/events.js'
import type { Milliseconds } from '../units.js'

/** A client that hands everything to another one. Those that do more with some calls extend it. */
export class ClientLayer implements Client {
  protected readonly client: Client

  constructor(client: Client) {
    this.client = client
  }

  execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    return this.client.execute(call, options)
  }

  batch(calls: readonly Call<unknown>[], options?: CallOptions): Promise<readonly (Reply | ErrorReply)[]> {
    return this.client.batch(calls, options)
  }

  scan<Item>(from: ScanFrom<Item>, options?: CallOptions): AsyncIterable<readonly Item[]> {
    return this.client.scan(from, options)
  }

  lease<Out>(
    intent: Intent,
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options?: LeaseOptions,
  ): Promise<Out> {
    return this.client.lease(intent, work, options)
  }

  serverTime(key: string, clock?: TimeSource): Milliseconds | undefined {
    return this.client.serverTime?.(key, clock)
  }

  /** @throws {UnsupportedError} E_UNSUPPORTED the client cannot listen to channels */
  async subscribe(channel: string, listener: ChannelListener, options?: CallOptions): Promise<Subscription> {
    const { client } = this
    if (client.subscribe === undefined) throw new UnsupportedError('This client cannot listen to channels.')
    return client.subscribe(channel, listener, options)
  }

  shards(): readonly unknown[] {
    return this.client.shards?.() ?? []
  }

  track(listener: TrackingListener): () => void {
    return this.client.track?.(listener) ?? notTracking
  }

  topology(): TopologySnapshot {
    return this.client.topology()
  }

  onTopology(listener: (event: TopologyEvent) => void): () => void {
    return this.client.onTopology(listener)
  }

  close(): Promise<void> {
    return this.client.close()
  }

  destroy(reason?: Error): void {
    this.client.destroy(reason)
  }
}

function notTracking(): void {}

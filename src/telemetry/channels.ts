import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { Traced, Traces } from './trace.js'

/** One command on its way to a server, with all of its attempts. */
export interface CommandTrace extends Traced {
  /** The cache's name. */
  readonly cache: string
  /** The command's name, such as `GET`; `LEASE` for a connection of one's own. */
  readonly name: string
  readonly intent: 'read' | 'write'
  /** The number of the database; `undefined` of a client of your own. */
  readonly database: number | undefined
  /** How many keys the command has; 0 where it has none, or its keys are not known. */
  readonly keyCount: number
  /** Those of its keys that `traceKeys` allows, as the server knows them; absent without `traceKeys`. */
  readonly keys?: readonly string[]
  /** The node that was asked last, `host:port`; absent while none was. */
  address?: string
  /** How often it was sent. */
  attempts: number
}

/** Commands that travel together: those of a pipeline, and the reads of a near cache. */
export interface BatchTrace extends CommandTrace {
  /** How many commands there are; `name` has each name once. */
  readonly size: number
}

/** One connection that is being opened. */
export interface ConnectTrace extends Traced {
  /** The server, `host:port`. */
  readonly address: string
  /** What the connection is for. */
  readonly purpose: 'data' | 'cluster' | 'sentinel'
}

/** One run of a loader. */
export interface LoadTrace extends Traced {
  /** The cache's name. */
  readonly cache: string
  /** The method that asked for it first. */
  readonly operation: string
  /** Its key, where `traceKeys` allows it, as the server knows it; absent without `traceKeys`. */
  readonly keys?: readonly string[]
  /** Whether it began in the background, with nobody waiting for it. */
  readonly background: boolean
}

/** What became of the keys that a call has read. */
export type ReadOutcome = 'near' | 'hits' | 'stale' | 'misses'

/** One call of a cache's method; the numbers are complete when it is over. */
export interface CacheTrace extends Traced, Record<ReadOutcome, number> {
  /** The cache's name. */
  readonly cache: string
  /** The method. */
  readonly operation: string
}

/** Tells of each command that leaves by itself. */
export const commandChannel: Traces<CommandTrace> = tracingChannel('valkey-cache:command')
/** Tells of commands that travel together. */
export const batchChannel: Traces<BatchTrace> = tracingChannel('valkey-cache:batch')
/** Tells of each connection that is opened. */
export const connectChannel: Traces<ConnectTrace> = tracingChannel('valkey-cache:connect')
/** Tells of each run of a loader. */
export const loadChannel: Traces<LoadTrace> = tracingChannel('valkey-cache:load')
/** Tells of each call of a cache's method. */
export const cacheChannel: Traces<CacheTrace> = tracingChannel('valkey-cache:cache')

/** Tells of an event on the plain channel of its type, such as `valkey-cache:primary-changed`, with the cache's name. */
export function publishEvent(cache: string, event: { readonly type: string }): void {
  const named = channel(`valkey-cache:${event.type}`)
  if (named.hasSubscribers) named.publish({ cache, ...event })
}

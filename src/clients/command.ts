import type { Value } from '../codec/value.js'
import type { EncodedCommand, Reply } from '../connection/connection.js'

export type { Value }

/** What a command wants of a server: reads may be answered by replicas. */
export type Intent = 'read' | 'write'

/** What a router needs to know of a call. */
export interface Request {
  /** What errors call it. */
  readonly name: string
  readonly intent: Intent
  /** The keys it touches, as the server knows them. */
  readonly keys: readonly string[]
  /** What goes to the wire; its size counts while it waits. */
  readonly args: readonly Value[]
  /** Whether its place among other calls means nothing, as of a step of a scan. @default false */
  readonly unordered?: boolean
}

/**
 * One server command, ready to go: how it is written, which keys it touches, which role may answer, how its reply
 * reads. Commands are pure functions that return one of these; nothing in it knows which client runs it.
 */
export interface Call<Out> extends EncodedCommand {
  readonly intent: Intent
  readonly keys: readonly string[]
  readonly unordered?: boolean
  /** Its name in errors. */
  readonly name: string
  /** Whether it may be repeated after it may have run. */
  readonly idempotent: boolean
  /** What its caller gets of the server's reply. */
  readonly reply: (raw: Reply) => Out
  /**
   * The source, when it is an EVALSHA; sent in full to a node that does not have it yet. The memory client runs its twin
   * (memory/scripts.ts).
   */
  readonly script?: string
  /** How several of these are asked in one command; its replies are those of the calls, in their order. */
  readonly together?: (calls: readonly Request[]) => Call<readonly Reply[]>
  /**
   * How it is asked in parts, where no server has all of its keys: key by key, or with `groupOf` one part for each group of
   * keys; none when it must be one command.
   */
  readonly divide?: (groupOf?: GroupOf) => Division
  /** When it is divided: whether a part that failed with this error counts as absent, if others did not. @default none does */
  readonly spares?: (error: unknown) => boolean
  /**
   * What a cache keeps of it when no server could be used, and sends later. Asked when the call has failed.
   * @default nothing
   */
  readonly keeps?: () => readonly KeptWrite[]
  /** In a cluster it goes to every primary, since it is about servers and not about keys. @default false */
  readonly everywhere?: boolean
}

/** A write that is kept while its server cannot be used. The last one of a key is what is meant. */
export interface KeptWrite {
  readonly key: string
  /** Whether the key must be gone: it reads as missing until the write has run. Else a read of the key waits for it. */
  readonly deletes: boolean
  /** Sends it, when the server can be used. May be called more than once. Calls that need each other's replies are several. */
  readonly send: (execute: Execute) => Promise<unknown>
}

/** Runs one call. */
export type Execute = <Out>(call: Call<Out>) => Promise<Out>

/** What stands for the keys that one command may have together, as those of one server. */
export type GroupOf = (key: string) => unknown

/** One command of several keys as several commands. */
export interface Division {
  readonly calls: readonly Call<unknown>[]
  /** The code of the error replies that are no error of the whole: `join` is given them as replies. @default none */
  readonly tolerates?: string
  /** The reply to the whole, made of those to the parts in their order. The array is its own. */
  readonly join: (replies: Reply[]) => Reply
  /** The reply to a part whose keys do not exist. */
  readonly absent: Reply
}

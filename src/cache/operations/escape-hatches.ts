import type { OwnConnection } from '../../clients/own-connection.js'
import type { Word } from '../../clients/words.js'
import type { Reply } from '../../connection/connection.js'
import { loopClock } from '../../connection/deadlines.js'
import { toMilliseconds } from '../../units.js'
import { noOptions, type CommandOptions, type ReadOptions, type UseOptions } from '../options.js'
import { runPipeline, type Pipeline, type PipelineResults } from '../pipeline.js'
import { rawCommand } from '../raw-command.js'
import type { WriteWatch } from '../write-watch.js'
import { describe, rejects, type OperationTable } from '../operation.js'
import { commandOptions, readOptions, useOptions } from '../option-checks.js'
import { checkFunction } from '../option-table.js'
import { Operations } from './base.js'
import { forClient } from './context.js'

const operations = describe({
  command: { takes: commandOptions, outage: rejects },
  pipeline: { takes: readOptions, outage: rejects },
  use: { takes: useOptions, outage: rejects },
})

/**
 * For what has no method of its own. Nothing here is fail-safe but the operations of a pipeline: only the caller knows what
 * a miss would be.
 */
export class EscapeHatches extends Operations {
  static readonly operations: OperationTable = operations

  /**
   * Runs any command. Its keys go as they are, unless `key` says which of them are to be made: then they get prefix and
   * version, are read from the primary after an own write, and find their server. One that waits, such as BLPOP, has a
   * connection of its own; its own time comes on top of the deadline when none is given.
   * @example
   * const length = await cache.command(['LLEN', 'queue'], { key: 1 })
   * @throws {UnsupportedError} E_UNSUPPORTED for one that changes the connection (see {@link use}), or is not known
   * @throws {CommandError} E_COMMAND the server's own error
   */
  async command(args: readonly Word[], options: CommandOptions = noOptions): Promise<Reply> {
    this.context.check(operations.command, options)
    const { call, blocks } = rawCommand(args, options, this.context.keys)
    if (!blocks) return this.context.runner.run(call, forClient(options))
    const { decode } = call
    const begun = loopClock.now()
    const left = (): number | undefined =>
      options.deadline && toMilliseconds(options.deadline, 'deadline') - (loopClock.now() - begun)
    const work = (own: OwnConnection): Promise<Reply> => own.command(call.args, { decode, deadline: left() })
    return this.context.client.lease(call.intent, work, { ...forClient(options), keys: call.keys })
  }

  /**
   * Sends many operations in one trip. They run in their order, next to each other, and not as a transaction. `build` may
   * be async; it must not wait for its own operations, which are sent after it, and has the deadline for its time too.
   * `failSafe` holds for each operation that does not say otherwise.
   * @example
   * const [name, count] = await cache.pipeline((p) => [p.get<string>('name'), p.incr('count')])
   * @returns what the operations give, in the order of the array
   * @throws the first error in that order; nothing is sent when a key or value is refused
   */
  async pipeline<const Asked extends readonly unknown[]>(
    build: (pipeline: Pipeline) => Asked | Promise<Asked>,
    options: ReadOptions = noOptions,
  ): Promise<PipelineResults<Asked>> {
    this.context.check(operations.pipeline, options)
    return runPipeline(build, this.context, options)
  }

  /**
   * Runs work on a connection of its own, which is dropped afterwards: for MULTI, WATCH, WAIT and subscriptions.
   * Getting it may be tried again; the work runs once. The deadline is for getting it, and for each command on it.
   * @example
   * const key = cache.makeKey('n')
   * const replies = await cache.use((own) => own.batch([['MULTI'], ['INCR', key], ['EXEC']]), { key: 'n' })
   */
  async use<Out>(
    work: (connection: OwnConnection) => Out | Promise<Out>,
    options: UseOptions = noOptions,
  ): Promise<Out> {
    this.context.check(operations.use, options)
    const { intent = 'write', key, version } = options
    checkFunction('use', work)
    const keys = key === undefined ? undefined : this.context.keys.makeMany([key].flat(), version)
    return this.context.client.lease(intent, watched(work, this.context.writes), { ...forClient(options), keys })
  }
}

/** What an own connection writes is not seen: every key counts as written, when the work begins and when it ends. */
function watched<Out>(
  work: (connection: OwnConnection) => Out | Promise<Out>,
  writes: WriteWatch,
): (connection: OwnConnection) => Promise<Out> {
  return async (connection) => {
    writes.onWriteWhere(() => true)
    try {
      return await work(connection)
    } finally {
      writes.onWriteWhere(() => true)
    }
  }
}

import type { CallOptions } from '../clients/client.js'
import type { Word } from '../clients/words.js'
import type { Reply } from '../connection/connection.js'
import { CommandTimeoutError, UnsupportedError } from '../errors.js'
import { isPromise, settleAll } from '../promises.js'
import { loopClock } from '../connection/deadlines.js'
import { show, type Milliseconds } from '../units.js'
import { forClient, OperationContext, type OperationParts } from './operations/context.js'
import { SingleCommands } from './operations/single-commands.js'
import { noOptions, type CommandOptions, type ReadOptions } from './options.js'
import { rawCommand } from './raw-command.js'
import { commandOptions } from './option-checks.js'
import { checkFunction, checkOptions } from './option-table.js'
import { leftOf } from './portions.js'
import { within } from './within.js'
import { Recorder } from './recorder.js'

/**
 * Every operation that is one command, to be sent with others in one trip. Their promises settle when the pipeline is
 * sent. The deadline, the signal and `readFrom` are the pipeline's; those of an operation are not looked at.
 */
export class Pipeline extends SingleCommands {
  /** As `cache.command`, but nothing that waits. */
  async command(args: readonly Word[], options: CommandOptions = noOptions): Promise<Reply> {
    checkOptions('command', commandOptions, options)
    const { call, blocks } = rawCommand(args, options, this.context.keys)
    if (blocks)
      throw new UnsupportedError(`${call.name} may wait, and with it everything behind it; use cache.command().`)
    return this.context.runner.run(call, {})
  }
}

/** What a pipeline's operations come to, in their order. */
export type PipelineResults<Asked extends readonly unknown[]> = {
  -readonly [Index in keyof Asked]: Awaited<Asked[Index]>
}

/**
 * Sends what `build` asks for in one trip, or nothing at all when one of the operations is refused before.
 * @throws the first error in the order asked; what the others did stands
 */
export async function runPipeline<const Asked extends readonly unknown[]>(
  build: (pipeline: Pipeline) => Asked | Promise<Asked>,
  parts: OperationParts,
  options: ReadOptions,
): Promise<PipelineResults<Asked>> {
  checkFunction('pipeline', build)
  const recorder = new Recorder(parts.client, parts.runner)
  const limits = forClient(options)
  const failSafe = parts.failSafe.of(options)
  const begun = loopClock.now()
  const left = (): CallOptions => leftOf(limits, begun)
  try {
    const context = new OperationContext({ ...parts, failSafe, runner: recorder, pipelined: left, near: undefined })
    const building = build(watched(new Pipeline(context), recorder))
    // What is built at once keeps its place among other calls: nothing is awaited before it is sent.
    const asked = isPromise(building) ? await inTime(building, limits.deadline ?? longestBuild) : building
    if (!Array.isArray(asked))
      throw new TypeError(`build must return an array of what it asked for, got ${show(asked)}.`)
    await recorder.send(left())
    return (await settleAll(asked)) as unknown as PipelineResults<Asked>
  } catch (error) {
    recorder.cancel(error)
    throw error
  }
}

/** Tells the recorder of every promise that an operation gives, also of those that `build` does not return. */
function watched(pipeline: Pipeline, recorder: Recorder): Pipeline {
  return new Proxy(pipeline, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      return (...args: readonly unknown[]): unknown => recorder.own(Reflect.apply(member, target, args))
    },
  })
}

/** @throws {CommandTimeoutError} E_TIMEOUT an async build did not end within the deadline */
function inTime<Asked>(building: Promise<Asked>, deadline: Milliseconds): Promise<Asked> {
  const cause = new Error('build did not end; it must not wait for operations of its own pipeline')
  return within(building, deadline, undefined, (ms) => new CommandTimeoutError('PIPELINE', ms, false, { cause }))
}

/** How long an async build may take when no deadline is given, in ms. */
const longestBuild = 5_000

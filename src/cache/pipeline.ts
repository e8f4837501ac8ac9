import type { CallOptions as ClientCallOptions } from '../clients/client.js'
import type { Word } from '../clients/words.js'
import type { Reply } from '../connection/connection.js'
import { UnsupportedError } from '../errors.js'
import { combine, type Group } from './operations/combine.js'
import { OperationContext, type OperationParts } from './operations/context.js'
import { Counters } from './operations/counters.js'
import { Expiry } from './operations/expiry.js'
import { Hashes } from './operations/hashes.js'
import { Sets } from './operations/sets.js'
import { SortedSets } from './operations/sorted-sets.js'
import { Values } from './operations/values.js'
import type { CommandOptions } from './options.js'
import { rawCommand } from './raw-command.js'
import { Recorder } from './recorder.js'

const SingleCommands: Group<Values & Counters & Expiry & Sets & Hashes & SortedSets> = combine(
  Values,
  Counters,
  Expiry,
  Sets,
  Hashes,
  SortedSets,
)

/**
 * Every operation that is one command, to be sent with others in one trip. Their promises settle when the pipeline is
 * sent. The deadline, the signal and `readFrom` are the pipeline's; those of an operation are not looked at.
 */
export class Pipeline extends SingleCommands {
  /** As `cache.command`, but nothing that waits. */
  async command(args: readonly Word[], options: CommandOptions = {}): Promise<Reply> {
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
  build: (pipeline: Pipeline) => Asked,
  parts: OperationParts,
  options: ClientCallOptions,
): Promise<PipelineResults<Asked>> {
  const recorder = new Recorder(parts.client, parts.runner)
  const asked = build(new Pipeline(new OperationContext({ ...parts, runner: recorder })))
  if (!Array.isArray(asked))
    throw new TypeError('build must return an array of what it asked for, and not wait for it.')
  let refusal: { readonly reason: unknown } | undefined
  for (const one of asked as readonly unknown[])
    Promise.resolve(one).catch((reason: unknown) => (refusal ??= { reason }))
  await recorder.ready().catch(() => {})
  if (refusal === undefined) await recorder.send(options)
  else recorder.cancel((refusal as { readonly reason: unknown }).reason)
  return Promise.all(asked) as Promise<PipelineResults<Asked>>
}

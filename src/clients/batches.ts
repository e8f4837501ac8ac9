import { ErrorReply, NoReply, type ExecuteOptions, type Progress, type Reply } from '../connection/connection.js'
import type { Node } from '../connection/node.js'
import { isDivided, isPassing, lacksReplicas } from '../connection/reply-error.js'
import { CommandError, InsufficientReplicasError } from '../errors.js'
import type { Milliseconds } from '../units.js'
import { commandFor, lacksScript, noScripts } from './attempt.js'
import { refusedAgain } from './batch-retry.js'
import type { ReplySource, ReplySources } from './client.js'
import type { Call } from './command.js'
import type { DurableWrites } from './durable-writes.js'
import type { Executor } from './execute.js'
import { refuseLate } from './late-answers.js'
import { mayHaveRun } from './retry.js'
import type { Router } from './routing/router.js'
import { promised, type Bounds, type Job } from './work.js'

/** What the batches of a client run with. */
export interface BatchesParts {
  readonly executor: Executor
  readonly router: Router
  /** `undefined`: writes need no replicas. */
  readonly durable: DurableWrites | undefined
  /** `undefined`: the servers have every key. */
  readonly cluster: BatchesCluster | undefined
}

/** What the batches of one shard need to know of the cluster. */
export interface BatchesCluster {
  /** Whether a reply says that another server of the same shard has taken the place of its primary. */
  readonly isReplaced: (reply: ErrorReply, node: Node) => boolean
  /** After which silence the servers may have replaced a primary, in ms. */
  readonly replacedAfter: () => Milliseconds
}

/** Runs calls in one trip to one node. */
export class Batches {
  readonly #parts: BatchesParts

  constructor(parts: BatchesParts) {
    this.#parts = parts
  }

  /**
   * What the state of a server refused has not run, so it is tried again where its place in the batch allows it.
   * @param sources where it is noted which connection answered each call
   */
  async run(
    calls: readonly Call<unknown>[],
    job: Job,
    bounds: Bounds,
    sources?: ReplySources,
  ): Promise<readonly Reply[]> {
    const replies = new Array<Reply>(calls.length).fill(null)
    let open = calls.map((_, index) => index)
    let answered = false
    const attemptOn = async (_: Job, node: Node, limits: ExecuteOptions): Promise<void> => {
      const sent = open.length === calls.length ? calls : open.map((index) => calls[index] as Call<unknown>)
      const progress: Progress | undefined = sources && (limits.progress ?? { generation: undefined, begun: false })
      const answers = await this.#send(sent, job, node, progress === undefined ? limits : watched(limits, progress))
      answered = true
      // What goes again by itself is not behind the CLIENT CACHING any more that stood before it, and behind ASKING it could
      // not be (findings/tracking-optin-asking.sh).
      const source = sent === calls ? sourceOf(node, progress) : undefined
      if (sources !== undefined) noteSources(sources, sent, answers, source)
      for (let at = 0; at < open.length; at++) replies[open[at] as number] = answers[at] as Reply
      open = refusedAgain(calls, replies, open, (reply) => this.#passes(reply) || this.#isReplaced(reply, job, node))
      const [first] = open
      if (first !== undefined) throw refusalOf(replies[first] as ErrorReply, job, node)
    }
    try {
      await this.#parts.executor.run(job, bounds, { attempt: promised(attemptOn), read: () => undefined })
    } catch (error) {
      if (!answered || error instanceof InsufficientReplicasError) throw error
      if (mayHaveRun(error)) for (const index of open) replies[index] = new NoReply(error)
    }
    return replies
  }

  #send(calls: readonly Call<unknown>[], job: Job, node: Node, limits: ExecuteOptions): Promise<readonly Reply[]> {
    const { cluster } = this.#parts
    const replies = this.#sendTogether(calls, job, node, limits)
    return cluster === undefined || job.intent === 'read' ? replies : refuseLate(replies, node, cluster.replacedAfter())
  }

  #sendTogether(
    calls: readonly Call<unknown>[],
    job: Job,
    node: Node,
    limits: ExecuteOptions,
  ): Promise<readonly Reply[]> {
    const { durable } = this.#parts
    const scripts = durable === undefined ? node.scripts : noScripts
    const commands = calls.map((call) => commandFor(call, scripts))
    if (durable !== undefined && job.intent !== 'read')
      return durable.write(job, node, limits, (connection) => connection.batch(commands, limits))
    const replies = node.pool.batch(commands, limits)
    return calls.some(({ script }) => script !== undefined)
      ? replies.then((all) => learnScripts(node, calls, all))
      : replies
  }

  #passes(reply: Reply | undefined): boolean {
    const { cluster, router } = this.#parts
    if (!(reply instanceof ErrorReply)) return false
    // Keys of one command lie on two nodes for as long as their slot moves: the cluster's client asks key by key.
    if (cluster !== undefined && isDivided(reply)) return false
    return isPassing(reply) || lacksScript(reply) || (lacksReplicas(reply) && router.settling)
  }

  /** Writes are refused in their places then; reads go on with who answers them. */
  #isReplaced(reply: Reply | undefined, { intent }: Job, node: Node): boolean {
    if (!(reply instanceof ErrorReply) || intent !== 'write') return false
    return this.#parts.cluster?.isReplaced(reply, node) === true
  }
}

function watched({ deadline, signal, asking }: ExecuteOptions, progress: Progress): ExecuteOptions {
  return { deadline, signal, asking, progress }
}

function sourceOf({ address }: Node, progress: Progress | undefined): ReplySource | undefined {
  const generation = progress?.generation
  return generation === undefined ? undefined : { address, generation }
}

/** A call that two nodes have answered, one beside the other, has no source: nobody says whose answer counts. */
function noteSources(
  sources: ReplySources,
  calls: readonly Call<unknown>[],
  replies: readonly Reply[],
  source: ReplySource | undefined,
): void {
  for (const [index, call] of calls.entries())
    if (source === undefined || sources.has(call)) sources.delete(call)
    else if (!(replies[index] instanceof ErrorReply)) sources.set(call, source)
}

function refusalOf(reply: ErrorReply, { name }: Job, { scripts }: Node): Error {
  if (lacksScript(reply)) scripts.clear()
  return new CommandError(name, reply.message, { retryable: true })
}

/** What ran once in full is known to the server: the next batches name it by its hash. */
function learnScripts({ scripts }: Node, calls: readonly Call<unknown>[], replies: Reply[]): Reply[] {
  for (const [index, { script, args }] of calls.entries())
    if (script !== undefined && !(replies[index] instanceof ErrorReply)) scripts.add(String(args[1]))
  return replies
}

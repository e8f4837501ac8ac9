import type { Node } from '../connection/node.js'
import type { Reporter } from '../telemetry/reporter.js'
import { loopClock } from '../connection/deadlines.js'

/** Says once of each service whose primary accepts writes without a replica: those of a partitioned one are lost. */
export class SplitBrainAdvice {
  readonly #reporter: Reporter
  readonly #told = new Set<string>()

  constructor(reporter: Reporter) {
    this.#reporter = reporter
  }

  /** A primary came up. A user that may not read the setting is left alone. */
  async look(serviceName: string, { address, pool }: Node): Promise<void> {
    if (this.#told.has(serviceName)) return
    this.#told.add(serviceName)
    const ask = { args: ['CONFIG', 'GET', setting], decode: 'text', intent: 'read' } as const
    const reply = await pool
      .execute(ask, { deadline: loopClock.now() + patience, control: true })
      .catch(() => undefined)
    if (!(reply instanceof Map) || reply.get(setting) !== '0') return
    const advice = `set ${setting} to 1 or more on every node of "${serviceName}"`
    this.#reporter.advise(
      'SPLIT_BRAIN',
      `The primary ${address} accepts writes that no replica has; when it is cut off they are lost: ${advice}`,
    )
  }
}

const setting = 'min-replicas-to-write'
const patience = 1_000

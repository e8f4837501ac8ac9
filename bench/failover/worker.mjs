// One contestant under one fault: a process of its own, under the same load as the others. Started by contestant.mjs.
import { startStallProbe, startTraffic } from '../../dist/lab/index.js'
import { trafficReport } from '../../build/lab/traffic/report.js'

/** In ms: how long what is outstanding at the end may take. */
const settleWithin = 8_000

async function main({ name, module, options, group, rates }) {
  const uncaught = []
  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, (error) => uncaught.push(error))
  process.on('disconnect', () => process.exit())
  const { open } = await import(`./contestants/${module}.mjs`)
  const contestant = await open(group, options)
  const load = new Load(contestant, name)
  const answers = {
    start: () => load.start(rates),
    mark: () => load.mark(),
    stop: async () => ({ ...(await load.stop()), uncaught: uncaught.length }),
  }
  process.on('message', (word) => void answer(() => answers[word]()))
  return { settled: contestant.stored(`${name}:settled`), writes: contestant.stored(`${name}:write:`) }
}

async function answer(work) {
  try {
    process.send({ value: await work() })
  } catch (error) {
    process.send({ problem: String(error) })
  }
}

/** Reads of one settled key, and writes of a new key each, which are kept account of. */
class Load {
  #contestant
  #name
  #acknowledged = []
  #probe = startStallProbe()
  #writes
  #reads
  #markedAt

  constructor(contestant, name) {
    this.#contestant = contestant
    this.#name = name
  }

  start({ writes, reads }) {
    this.#writes = startTraffic({ rate: writes, operation: (n) => this.#write(n) })
    this.#reads = startTraffic({ rate: reads, operation: () => this.#read() })
  }

  /** Here the fault begins; who does not work before it cannot be judged by it. */
  mark() {
    if (this.#writes.succeeded === 0 || this.#reads.succeeded === 0) throw new Error('did not work before the fault')
    this.#markedAt = this.#writes.mark()
  }

  async stop() {
    const streams = [this.#writes, this.#reads]
    const [writes, reads] = await Promise.all(streams.map((stream) => stream.stop({ settleWithin })))
    const stall = this.#probe.longestStallSince(this.#markedAt)
    return { writes: this.#summary(writes), reads: this.#summary(reads), acknowledged: this.#acknowledged, stall }
  }

  async #write(n) {
    if (!(await this.#contestant.write(`${this.#name}:write:${n}`, n))) throw new Error('not written')
    this.#acknowledged.push(n)
  }

  async #read() {
    const value = await this.#contestant.read(`${this.#name}:settled`)
    if (String(value) !== '1') throw new Error('the settled key has another value')
  }

  /** Gaps end when the load ends: what comes later is settled, and no sign of life. */
  #summary(report) {
    const { issued, failed, unsettled, startedAt, endedAt } = report
    const successTimes = report.successTimes.filter((at) => at <= endedAt)
    const gap = trafficReport({ ...report, successTimes }).longestGapSince(this.#markedAt)
    return { issued, failed, unsettled, gap, isOver: endedAt - (successTimes.at(-1) ?? startedAt) < gap }
  }
}

await answer(() => main(JSON.parse(process.argv[2])))

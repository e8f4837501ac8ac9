import { setTimeout as sleep } from 'node:timers/promises'
import type { Cache } from '../../cache/cache.js'
import { createCaches } from '../../config/create-caches.js'
import { startLab } from '../../lab/lab.js'
import { monotonicClock, type Milliseconds } from '../../units.js'
import type { Command } from '../command.js'
import { Load } from '../lab/load.js'
import { labLines } from '../lab/screen.js'
import { clusterStage, groupStage, type Stage } from '../lab/stage.js'
import type { Surroundings } from '../surroundings.js'
import { LiveScreen, onKeys } from '../terminal/live.js'
import { painter } from '../terminal/paint.js'
import { timeText } from '../terminal/units.js'

/** Starts real servers, reads and writes, and lets the user break them. */
export const lab: Command = {
  usage: 'lab [--cluster] [--seconds N]',
  summary: 'real servers to break with a key, and what a cache feels of it',
  options: ['cluster', 'seconds'],
  async run({ cluster, seconds }, surroundings) {
    surroundings.stdout.write(`Starting ${cluster ? 'a cluster' : 'a group with sentinels'} …\n`)
    const servers = await startLab()
    try {
      const stage = await (cluster ? clusterStage(servers) : groupStage(servers))
      const caches = createCaches({ lab: stage.options }, { logger: silent })
      try {
        await caches.ready()
        await play(stage, caches.lab, surroundings, seconds)
      } finally {
        await caches.close()
      }
    } finally {
      await servers.stop()
    }
    return 0
  },
}

/** Shows what happens, and does what the keys say, until the user stops it or the time is over. */
async function play(stage: Stage, cache: Cache, surroundings: Surroundings, seconds?: number): Promise<void> {
  const { stdin, stdout, env, stop } = surroundings
  const [screen, paint, left] = [new LiveScreen(stdout), painter(stdout, env), new AbortController()]
  const ended = AbortSignal.any([stop, left.signal])
  const begun = monotonicClock.now()
  const log = new Log(begun)
  let failure: Error | undefined
  const load = new Load(cache, (error) => {
    failure = error
    left.abort()
  })
  const unlisten = cache.on('primary-changed', ({ from, to, duration }) =>
    log.add(`this cache went from ${from} to ${to}, ${timeText(duration)} after the first sign of trouble`),
  )
  const release = onKeys(stdin, (key) => {
    if (key === 'q' || key === 'stop') left.abort()
    else void act(stage, key, load, log)
  })
  const period = stdout.isTTY === true ? 200 : 1_000
  try {
    while (!ended.aborted && !isOver(begun, seconds)) {
      const elapsed = monotonicClock.now() - begun
      const { title, servers, acts } = stage
      const view = { title, elapsed, load: load.read(), topology: cache.topology(), servers, acts, log: log.lines }
      screen.draw(labLines(view, paint))
      await sleep(period, undefined, { signal: ended }).catch(() => {})
    }
  } finally {
    unlisten()
    release()
    load.stop()
    screen.end()
  }
  if (failure !== undefined) throw failure
}

async function act({ acts }: Stage, key: string, load: Load, log: Log): Promise<void> {
  const chosen = acts.find((one) => one.key === key)
  if (chosen === undefined) return
  load.reset()
  try {
    log.add(await chosen.run())
  } catch (error) {
    log.add(`${chosen.does}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isOver(begun: Milliseconds, seconds: number | undefined): boolean {
  return seconds !== undefined && monotonicClock.now() - begun >= seconds * 1_000
}

/** What was done and what came of it, each with its time. */
class Log {
  readonly lines: string[] = []
  readonly #begun: Milliseconds

  constructor(begun: Milliseconds) {
    this.#begun = begun
  }

  add(line: string): void {
    this.lines.push(`${timeText(monotonicClock.now() - this.#begun).padEnd(12)} ${line}`)
  }
}

/** What a cache warns of would tear the screen. */
const silent = { warn: (): void => {}, error: (): void => {} }

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from '../command.js'
import type { ExitCode } from '../exit-code.js'
import type { Given } from '../given.js'
import { look } from '../look/look.js'
import { joinedReport } from '../status/joined.js'
import { exitOf, statusOf, type StatusReport } from '../status/report.js'
import { statusLines } from '../status/screen.js'
import type { Surroundings } from '../surroundings.js'
import { partsOf } from '../target/shards.js'
import { findTarget, remoteOf, type Target } from '../target/target.js'
import { LiveScreen, onKeys } from '../terminal/live.js'
import { painter } from '../terminal/paint.js'

/** Shows the servers of a cache on one screen. */
export const status: Command = {
  usage: 'status [--watch]',
  summary: 'who is primary, what each node and each sentinel says',
  options: ['watch'],
  async run(given, surroundings) {
    const target = await findTarget(given, surroundings)
    return given.watch ? watch(target, given, surroundings) : once(target, given, surroundings)
  },
}

async function once(target: Target, given: Given, surroundings: Surroundings): Promise<ExitCode> {
  const report = await reportOf(target)
  surroundings.stdout.write(`${textOf(report, target, given, surroundings).join('\n')}\n`)
  return exitOf(report)
}

/** Looks once a second, until the user asks to stop. Where JSON is asked for, each look is a line of it. */
async function watch(target: Target, given: Given, surroundings: Surroundings): Promise<ExitCode> {
  const screen = new LiveScreen(surroundings.stdout)
  const left = new AbortController()
  const stop = AbortSignal.any([surroundings.stop, left.signal])
  const release = onKeys(surroundings.stdin, (key) => {
    if (key === 'q' || key === 'stop') left.abort()
  })
  let code: ExitCode = 0
  try {
    while (!stop.aborted) {
      const report = await reportOf(target)
      const lines = textOf(report, target, given, surroundings)
      if (given.json) surroundings.stdout.write(`${lines.join('')}\n`)
      else screen.draw(surroundings.stdin.isTTY === true ? [...lines, '', 'q quits'] : lines)
      code = exitOf(report)
      await sleep(period, undefined, { signal: stop }).catch(() => {})
    }
  } finally {
    release()
    screen.end()
  }
  return code
}

/** All shards are looked at side by side. */
async function reportOf(target: Target): Promise<StatusReport> {
  const facts = await Promise.all(partsOf(remoteOf(target)).map((part) => look(part)))
  return joinedReport(facts.map(statusOf))
}

function textOf(
  report: StatusReport,
  target: Target,
  { json }: Given,
  { stdout, env }: Surroundings,
): readonly string[] {
  const { name: cache, source } = target
  if (json) return [JSON.stringify({ cache, source, ...report })]
  const paint = painter(stdout, env)
  return [paint('dim', `cache ${cache}, from ${source}`), ...statusLines(report, paint)]
}

const period = 1_000

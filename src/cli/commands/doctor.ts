import type { Command } from '../command.js'
import { verdictOf } from '../doctor/check.js'
import { diagnose } from '../doctor/diagnose.js'
import { doctorLines } from '../doctor/screen.js'
import { remoteOf } from '../target/target.js'
import { findReachable } from '../target/with-cache.js'
import { show } from './show.js'

/** Looks at the servers of a cache and at its configuration for what is wrong, or will be in a failover. */
export const doctor: Command = {
  usage: 'doctor [--strict]',
  summary: 'what is wrong, or will be in a failover, and what to do about it',
  async run(given, surroundings) {
    const target = await findReachable(given, surroundings)
    const { name, source, resolved } = target
    const { facts, findings } = await diagnose(resolved, remoteOf(target))
    const exit = verdictOf(findings, facts, given.strict)
    show(given, surroundings, {
      found: { cache: name, source, exit, findings },
      lines: (paint) => [paint('dim', `cache ${name}, from ${source}`), ...doctorLines(findings, paint)],
    })
    return exit
  },
}

import type { LabServer } from '../../src/lab/index.js'

/** How often a server has answered with this error. */
export async function refusals(server: LabServer, code: string): Promise<number> {
  const stats = String(await server.command('INFO', 'errorstats'))
  return Number(new RegExp(`^errorstat_${code}:count=(\\d+)`, 'm').exec(stats)?.[1] ?? 0)
}

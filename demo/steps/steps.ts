import type { CacheOptions } from 'valkey-cache'
import type { Lab } from 'valkey-cache/lab'

/** One step of docs/step-by-step.md: servers, what a cache is told of them, and how one of them is lost. */
export interface Step {
  readonly name: string
  /** Starts the servers. */
  readonly open: (lab: Lab) => Promise<Setting>
}

export interface Setting {
  /** `undefined`: there is no cache. */
  readonly options: CacheOptions | undefined
  /** Kills the server whose loss costs most; `undefined`: there is none. */
  readonly kill: (() => Promise<unknown>) | undefined
}

export const steps: readonly Step[] = [
  { name: 'none', open: async () => ({ options: undefined, kill: undefined }) },
  { name: 'server', open: (lab) => oneServer(lab, {}) },
  { name: 'near', open: (lab) => oneServer(lab, { near: true }) },
  { name: 'sentinel', open: sentinelGroup },
  { name: 'cluster', open: cluster },
]

async function oneServer(lab: Lab, more: CacheOptions): Promise<Setting> {
  const server = await lab.server()
  return { options: { location: `valkey://${server.address}/0`, ...more }, kill: () => server.kill() }
}

async function sentinelGroup(lab: Lab): Promise<Setting> {
  const group = await lab.group({ downAfter: 3_000, config: { 'min-replicas-to-write': '1' } })
  const { location, sentinelAddresses: sentinels } = group
  const options: CacheOptions = { location, client: 'sentinel', sentinels, near: true }
  return { options, kill: async () => (await group.primary()).kill() }
}

async function cluster(lab: Lab): Promise<Setting> {
  const servers = await lab.cluster({ nodeTimeout: 3_000 })
  const options: CacheOptions = { location: servers.locations, client: 'cluster', near: true }
  return { options, kill: async () => (await servers.primaries())[0]?.kill() }
}

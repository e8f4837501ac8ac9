import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'

/** What this process and the servers hold before a cache is made, so that it can be seen whether it left anything. */
export class Leftovers {
  readonly #before: ReadonlyMap<string, number>

  constructor() {
    this.#before = resources()
  }

  /** Resolves when sockets and timers are back at what they were; the lab closes its own a moment after use. */
  async gone(servers: readonly LabServer[]): Promise<void> {
    await eventually(() => this.#here(), { timeout: 2_000 })
    await eventually(() => none(servers), { timeout: 2_000 })
    await eventually(() => this.#here(), { timeout: 2_000 })
  }

  #here(): void {
    const more = [...resources()].filter(([type, count]) => count > (this.#before.get(type) ?? 0))
    if (more.length > 0) throw new Error(`still alive: ${more.map(([type, count]) => `${count} ${type}`).join(', ')}`)
  }
}

/** The clients of a server that are neither of the lab nor servers themselves (MIGRATE keeps a connection for 10 s), as CLIENT LIST has them. */
export async function clientsOf(server: LabServer): Promise<readonly string[]> {
  const list = String(await server.command('CLIENT', 'LIST'))
  return list
    .split('\n')
    .filter((line) => line !== '' && !/ (name=(lab|sentinel-\S*)|flags=[SM]|cmd=restore-asking) /.test(line))
}

/** How many connections of this client name each server of a group has. */
export async function connectionsOf({ nodes, sentinels }: LabGroup, name: string): Promise<readonly number[]> {
  const own = async (server: LabServer): Promise<number> =>
    (await clientsOf(server)).filter((client) => client.includes(` name=${name} `)).length
  return Promise.all([...nodes, ...sentinels].map(own))
}

async function none(servers: readonly LabServer[]): Promise<void> {
  const live = servers.filter(({ state }) => state === 'running')
  const clients = (await Promise.all(live.map(clientsOf))).flat()
  if (clients.length > 0) throw new Error(`still connected: ${clients.join('; ')}`)
}

function resources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

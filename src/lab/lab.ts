import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findBinaries, readBinaries, type Binaries, type Programs } from './server/binaries.js'
import type { LabCluster } from './cluster/cluster.js'
import { featuresOf } from './cluster/features.js'
import { resolveClusterOptions, type ClusterOptions } from './cluster/options.js'
import { startCluster } from './cluster/start.js'
import { nodeConfig, type ServerConfig } from './server/config-file.js'
import type { LabGroup } from './group/group.js'
import type { Planned } from './group/config.js'
import { resolveGroupOptions, type GroupOptions } from './group/options.js'
import { startGroup, type GroupParts } from './group/start.js'
import { checkOptions } from './lab-error.js'
import { freePort } from './ports.js'
import { startPlace, type Place, type PlaceOptions } from './server/place.js'
import type { LabProxy } from './proxy/proxy.js'
import { LabServer } from './server/server.js'
import { Watchdog } from './server/watchdog.js'

/** Where a lab works, and with which servers. */
export interface LabOptions {
  /** Where the lab makes a temporary folder of its own. @default the system's folder for temporary files */
  readonly folder?: string | undefined
  /** The programs that it starts, of any build of Valkey or Redis. @default those on PATH */
  readonly binaries?: Programs | undefined
}

/** How a standalone server is started. */
export interface ServerOptions {
  /** Settings; they win over the lab's own. @default {} */
  readonly config?: ServerConfig | undefined
  /** More arguments for the command line. @default [] */
  readonly args?: readonly string[] | undefined
  /** It sits behind a proxy. @default false */
  readonly proxied?: boolean | undefined
}

/**
 * Starts a lab: real servers for tests and demos, on loopback ports, in a temporary folder.
 * Everything stops with the process that started it, however that ends.
 * @throws {LabError} E_LAB when there are no server programs on PATH, or those that were named cannot be run,
 * or an option is unknown
 */
export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const { folder = tmpdir(), binaries } = options
  checkOptions('startLab', options, { folder, binaries })
  const programs = binaries === undefined ? findBinaries() : readBinaries(binaries)
  return new Lab(programs, await mkdtemp(join(folder, 'valkey-cache-lab-')))
}

/** Starts servers, and ends all that it started. */
export class Lab {
  readonly folder: string
  readonly #binaries: Binaries
  readonly #watchdog: Watchdog
  readonly #servers = new Set<LabServer>()
  readonly #proxies = new Set<LabProxy>()
  #stopping: Promise<void> | undefined

  /** @internal {@link startLab} makes them. */
  constructor(binaries: Binaries, folder: string) {
    this.folder = folder
    this.#binaries = binaries
    this.#watchdog = new Watchdog(folder)
  }

  /** Which servers these are: `valkey`, or `redis` where there is no Valkey. */
  get software(): 'valkey' | 'redis' {
    return this.#binaries.name
  }

  /** A standalone server. */
  async server(options: ServerOptions = {}): Promise<LabServer> {
    const { config = {}, args = [], proxied = false } = options
    checkOptions('server', options, { config, args, proxied })
    const place = await this.#place({ proxied })
    // The usual bus port is 10,000 higher, where the system takes ports for outgoing connections: one may sit on it.
    const bus = config['cluster-enabled'] === 'yes' && { 'cluster-port': String(await freePort()) }
    const server = this.#add(
      'server',
      { place, config: { ...nodeConfig(place.port), ...place.config, ...bus, ...config } },
      args,
    )
    await server.start()
    return server
  }

  /** A primary, its replicas and their sentinels; resolves when the group has settled. */
  async group(options: GroupOptions = {}): Promise<LabGroup> {
    return startGroup(this.#parts, resolveGroupOptions(options))
  }

  /** A Valkey Cluster: shards of a primary and its replicas; resolves when it has settled. */
  async cluster(options: ClusterOptions = {}): Promise<LabCluster> {
    return startCluster(this.#parts, resolveClusterOptions(options, featuresOf(this.#binaries)))
  }

  /** Kills every server and removes the folder. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop())
  }

  /** As {@link stop}, at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  get #parts(): GroupParts {
    return {
      place: (placeOptions) => this.#place(placeOptions),
      make: (kind, planned) => this.#add(kind, planned),
    }
  }

  async #place(options: PlaceOptions): Promise<Place> {
    const place = await startPlace(options)
    if (place.proxy) this.#proxies.add(place.proxy)
    return place
  }

  /** The argument makes a sentinel of a program with any name. */
  #add(
    kind: 'server' | 'sentinel',
    { place, config, files }: Planned,
    args: readonly string[] = kind === 'sentinel' ? ['--sentinel'] : [],
  ): LabServer {
    const program = this.#binaries[kind]
    const folder = join(this.folder, String(place.port))
    const server = new LabServer({ program, folder, place, config, files, args, watchdog: this.#watchdog })
    this.#servers.add(server)
    return server
  }

  async #stop(): Promise<void> {
    await Promise.all([...this.#servers].map((server) => server.kill()))
    for (const proxy of this.#proxies) proxy.close()
    await this.#watchdog.stop()
  }
}

import type { NodeTarget } from '../connection/connection.js'
import { freePort, freeSource, loopback } from './ports.js'
import { LabProxy } from './proxy.js'

export interface PlaceOptions {
  readonly proxied: boolean
}

/** Where a server stands among the others. */
export interface Place {
  /** Where it listens; the lab's own line goes there. */
  readonly port: number
  /** Where everybody else dials it. */
  readonly known: NodeTarget
  /** What listens there, if not the server itself. */
  readonly proxy?: LabProxy
  /** Where its own connections come from. */
  readonly source?: string | undefined
}

/** Finds a place; where it has a proxy, that one listens already. */
export async function startPlace({ proxied }: PlaceOptions): Promise<Place> {
  const port = await freePort()
  if (!proxied) return { port, known: { host: loopback, port } }
  const proxy = await LabProxy.start(await freePort(), { host: loopback, port })
  return { port, known: proxy, proxy, source: await freeSource() }
}

import { isIP } from 'node:net'
import type { NodeTarget } from '../../connection/connection.js'
import { tlsConfig, type ServerConfig, type TlsFiles } from './config-file.js'
import { freePort, freeSource, loopback } from '../ports.js'
import { LabProxy } from '../proxy/proxy.js'

export interface PlaceOptions {
  readonly proxied: boolean
  readonly host?: string
  readonly tls?: TlsFiles | undefined
}

/** Where a server stands among the others. */
export interface Place {
  /** Where it listens without TLS; the lab's own line goes there. */
  readonly port: number
  /** Where it listens for clients and for other servers: its TLS port, where it has one. */
  readonly ownPort: number
  /** Where everybody else dials it. */
  readonly known: NodeTarget
  /** What listens there, if not the server itself. */
  readonly proxy: LabProxy | undefined
  /** Where its own connections come from, if not from 127.0.0.1. */
  readonly source: string | undefined
  /** Settings that follow from all this, for nodes and sentinels alike. */
  readonly config: ServerConfig
}

/** Finds a place; where it has a proxy, that one listens already. */
export async function startPlace({ proxied, host = loopback, tls }: PlaceOptions): Promise<Place> {
  const port = await freePort()
  const ownPort = tls ? await freePort() : port
  const source = proxied ? await freeSource() : undefined
  const proxy = proxied ? await startProxy(ownPort, source !== undefined) : undefined
  const config = { ...(tls && tlsConfig(ownPort, tls)), ...(source && { 'bind-source-addr': source }) }
  return { port, ownPort, known: { host, port: proxy?.port ?? ownPort }, proxy, source, config }
}

async function startProxy(targetPort: number, tellsApart: boolean): Promise<LabProxy> {
  return LabProxy.start({ port: await freePort(), target: { host: loopback, port: targetPort }, tellsApart })
}

/** How a data node says where it is. */
export function announceConfig({ known: { host, port } }: Place): ServerConfig {
  return { 'replica-announce-ip': host, 'replica-announce-port': String(port) }
}

/** How a sentinel says where it and the nodes are. */
export function announceLines({ known: { host, port } }: Place): readonly string[] {
  const names = isIP(host) ? [] : ['resolve-hostnames yes', 'announce-hostnames yes']
  return [...names, `announce-ip ${host}`, `announce-port ${port}`]
}

/** As settings write an address. */
export function hostAndPort({ known: { host, port } }: Place): string {
  return `${host} ${port}`
}

import { loopback } from '../ports.js'

/** A server's settings by name; several values are several lines, and values stand in the file as they are given. */
export type ServerConfig = Readonly<Record<string, string | readonly string[]>>

/** Where a server's certificate, its key and the authority that signed it lie, as PEM. */
export interface TlsFiles {
  readonly certFile: string
  readonly keyFile: string
  readonly caFile: string
}

export function configText(config: ServerConfig): string {
  return Object.entries(config)
    .flatMap(([name, values]) => [values].flat().map((value) => `${name} ${value}\n`))
    .join('')
}

/** What every server of the lab has: only on this machine, nothing kept on disk, its log on stdout. */
export function baseConfig(port: number): ServerConfig {
  return { port: String(port), bind: loopback, daemonize: 'no', logfile: '""', loglevel: 'notice' }
}

/** Speaks TLS on a port of its own, and dials other servers with TLS. */
export function tlsConfig(port: number, { certFile, keyFile, caFile }: TlsFiles): ServerConfig {
  return {
    'tls-port': String(port),
    'tls-cert-file': certFile,
    'tls-key-file': keyFile,
    'tls-ca-cert-file': caFile,
    'tls-auth-clients': 'no',
    'tls-replication': 'yes',
  }
}

/** A data node: no persistence, and replication that comes up fast. */
export function nodeConfig(port: number): ServerConfig {
  return {
    ...baseConfig(port),
    databases: '16',
    save: '""',
    appendonly: 'no',
    hz: '50',
    'enable-debug-command': 'yes',
    'shutdown-timeout': '0',
    'repl-diskless-sync': 'no',
    'repl-diskless-sync-delay': '0',
    'repl-ping-replica-period': '1',
    'repl-timeout': '10',
  }
}

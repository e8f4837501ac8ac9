import { loopback } from './ports.js'

/** A server's settings by name; several values are several lines, and values stand in the file as they are given. */
export type ServerConfig = Readonly<Record<string, string | readonly string[]>>

export function configText(config: ServerConfig): string {
  return Object.entries(config)
    .flatMap(([name, values]) => [values].flat().map((value) => `${name} ${value}\n`))
    .join('')
}

/** What every server of the lab has: only on this machine, nothing kept on disk, its log on stdout. */
export function baseConfig(port: number): ServerConfig {
  return { port: String(port), bind: loopback, daemonize: 'no', logfile: '""', loglevel: 'notice' }
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

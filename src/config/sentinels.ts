import type { NodeTarget } from '../connection/connection.js'
import { ConfigurationError } from '../errors.js'
import { show } from '../units.js'
import { parsePort, splitHostPort } from './location.js'
import type { SentinelAddress } from './options.js'

/** @throws {ConfigurationError} E_CONFIG with the path of the part that is wrong */
export function readSentinels(sentinels: readonly SentinelAddress[], path: string): readonly NodeTarget[] {
  if (!Array.isArray(sentinels) || sentinels.length === 0)
    throw new ConfigurationError(
      path,
      "expected at least one sentinel: ['host', 26379], { host, port } or 'host:26379'",
    )
  return sentinels.map((sentinel: unknown, index) => readSentinel(sentinel, `${path}[${index}]`))
}

function readSentinel(sentinel: unknown, path: string): NodeTarget {
  if (typeof sentinel === 'string') return fromText(sentinel, path)
  if (Array.isArray(sentinel) && sentinel.length === 2)
    return { host: checkHost(sentinel[0], `${path}[0]`), port: checkPort(sentinel[1], `${path}[1]`) }
  if (sentinel !== null && typeof sentinel === 'object' && 'host' in sentinel && 'port' in sentinel)
    return { host: checkHost(sentinel.host, `${path}.host`), port: checkPort(sentinel.port, `${path}.port`) }
  throw new ConfigurationError(path, `expected ['host', 26379], { host, port } or 'host:26379', got ${show(sentinel)}`)
}

function fromText(text: string, path: string): NodeTarget {
  const parts = splitHostPort(text)
  if (parts === undefined) throw new ConfigurationError(path, `expected 'host:26379', got ${show(text)}`)
  return { host: checkHost(parts.host, path), port: checkPort(parsePort(parts.port), path) }
}

function checkHost(host: unknown, path: string): string {
  if (typeof host === 'string' && host.trim() !== '') return host
  throw new ConfigurationError(path, `expected a host, got ${show(host)}`)
}

function checkPort(port: unknown, path: string): number {
  if (Number.isInteger(port) && Number(port) >= 1 && Number(port) <= 65_535) return Number(port)
  throw new ConfigurationError(path, `expected a port from 1 to 65535, got ${show(port)}`)
}

import type { NodeTarget } from '../connection/connection.js'
import { ConfigurationError } from '../errors.js'
import { kindOf, show } from '../units.js'
import { parsePort, splitHostPort } from './location.js'

/**
 * Reads sentinels as people write them: an array or a comma list of `['host', 26379]`, `{ host, port }`, `'host:26379'`
 * or `'valkey://host:26379'`; a port may be a text.
 * @param optionsName where the credentials and TLS of sentinels stand, for the messages
 * @throws {ConfigurationError} E_CONFIG with the path of the part that is wrong; no text is shown, it may hold a password
 */
export function readSentinels(sentinels: unknown, path: string, optionsName: string): readonly NodeTarget[] {
  const list: unknown = typeof sentinels === 'string' && sentinels !== '' ? sentinels.split(',') : sentinels
  if (!Array.isArray(list) || list.length === 0)
    throw new ConfigurationError(path, `expected at least one sentinel, each ${forms}; got ${kindOf(sentinels)}`)
  if (isOnePair(list))
    throw new ConfigurationError(path, "is one pair and not a list of pairs; write [['host', 26379]]")
  return list.map((sentinel: unknown, index) => readSentinel(sentinel, `${path}[${index}]`, optionsName))
}

function readSentinel(sentinel: unknown, path: string, optionsName: string): NodeTarget {
  if (typeof sentinel === 'string') return fromText(sentinel.trim(), path, optionsName)
  if (Array.isArray(sentinel) && sentinel.length === 2)
    return { host: checkHost(sentinel[0], `${path}[0]`), port: checkPort(sentinel[1], `${path}[1]`) }
  if (sentinel !== null && typeof sentinel === 'object' && 'host' in sentinel && 'port' in sentinel) {
    const other = Object.keys(sentinel).find((name) => name !== 'host' && name !== 'port')
    if (other !== undefined) throw new ConfigurationError(`${path}.${other}`, `unknown; see ${optionsName}`)
    return { host: checkHost(sentinel.host, `${path}.host`), port: checkPort(sentinel.port, `${path}.port`) }
  }
  throw new ConfigurationError(path, `expected ${forms}, got ${kindOf(sentinel)}`)
}

function fromText(text: string, path: string, optionsName: string): NodeTarget {
  const [, scheme, authority = ''] = /^(?:([a-z]+):\/\/)?([^/]*)\/?$/i.exec(text) ?? []
  checkScheme(scheme, path, optionsName)
  if (authority.includes('@'))
    throw new ConfigurationError(path, `a sentinel's user and password stand in ${optionsName}; write 'host:26379'`)
  const { host, port } = splitHostPort(authority) ?? { host: '', port: '' }
  if (host.trim() === '') throw new ConfigurationError(path, "expected 'host:26379'; IPv6 hosts in brackets")
  if (port === '') throw new ConfigurationError(path, "names no port; write 'host:26379'")
  return { host, port: parsePort(port) ?? noPort(path) }
}

function checkScheme(scheme: string | undefined, path: string, optionsName: string): void {
  if (scheme === undefined || /^(valkey|redis)$/i.test(scheme)) return
  if (/^(valkeys|rediss)$/i.test(scheme))
    throw new ConfigurationError(path, `TLS of the sentinels stands in ${optionsName}; write 'host:26379'`)
  throw new ConfigurationError(path, "expected 'host:26379' or 'valkey://host:26379'")
}

function checkHost(host: unknown, path: string): string {
  if (typeof host === 'string' && /^[^\s/@]+$/.test(host)) return host
  throw new ConfigurationError(path, `expected a host, got ${host === '' ? 'an empty text' : kindOf(host)}`)
}

function checkPort(port: unknown, path: string): number {
  const text = typeof port === 'number' || typeof port === 'string' ? String(port) : ''
  return parsePort(text) ?? noPort(path, port)
}

function noPort(path: string, port?: unknown): never {
  const got = port === undefined ? '' : `, got ${show(port)}`
  throw new ConfigurationError(path, `expected a port from 1 to 65535${got}`)
}

/** One pair where a list of pairs is expected. */
function isOnePair([host, port, ...others]: readonly unknown[]): boolean {
  return typeof host === 'string' && !host.includes(':') && typeof port === 'number' && others.length === 0
}

const forms = "['host', 26379], { host, port } or 'host:26379'"

import { ConfigurationError } from '../../errors.js'
import { show } from '../../units.js'
import { parsePort, splitHostPort } from '../location.js'
import { text } from './values.js'

/** Whether a cache names sentinels: an empty list is none. */
export function namesSentinels(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}

/**
 * `SENTINELS`: `('host', port)` or `'host:port'`; a port may be written as text.
 * @throws {ConfigurationError} E_CONFIG at the path of the part that cannot be read
 */
export function readSentinels(value: unknown, path: string): readonly (readonly [host: string, port: number])[] {
  if (Array.isArray(value)) return value.map((one: unknown, index) => readSentinel(one, `${path}[${index}]`))
  throw new ConfigurationError(path, `must be a list of (host, port), got ${show(value)}`)
}

function readSentinel(value: unknown, path: string): readonly [host: string, port: number] {
  if (typeof value === 'string') return readText(value, path)
  if (!Array.isArray(value) || value.length !== 2)
    throw new ConfigurationError(path, `expected (host, port) or 'host:port', got ${show(value)}`)
  const host = text(value[0], `${path}[0]`)
  if (host === '') throw new ConfigurationError(`${path}[0]`, 'names no host')
  return [host, readPort(value[1], `${path}[1]`)]
}

function readText(value: string, path: string): readonly [host: string, port: number] {
  const { host = '', port = '' } = splitHostPort(value) ?? {}
  if (host === '') throw new ConfigurationError(path, `expected 'host:port', got ${show(value)}`)
  return [host, readPort(port, path)]
}

function readPort(value: unknown, path: string): number {
  const port = typeof value === 'number' || typeof value === 'string' ? parsePort(String(value)) : undefined
  if (port !== undefined) return port
  throw new ConfigurationError(path, `expected a port from 1 to 65535, got ${show(value)}`)
}

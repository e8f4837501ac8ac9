import { isIP } from 'node:net'
import type { Role } from '../../connection/connection.js'
import { ConfigurationError } from '../../errors.js'
import type { ReadCandidate, ReadFromFunction } from '../../topology/read-from.js'
import { show } from '../../units.js'
import { leastBusyOfTwo, nearFirst } from './choose.js'

/** Makers of functions for the option `readFrom`. */
export interface ReadFromMakers {
  /**
   * Makes a `readFrom` function that prefers nodes in certain networks: a replica there, else the primary if it is there,
   * else another replica, else the primary; among equals the less busy of two. What counts is the IP address at which a
   * node is connected, so nodes may have names.
   * @param networks one or more in CIDR notation, IPv4 or IPv6: `'10.1.0.0/16'`, `['10.1.0.0/16', 'fd00:1::/32']`
   * @throws {ConfigurationError} E_CONFIG when one is no network, or there is none
   */
  subnet(this: void, networks: string | readonly string[]): ReadFromFunction
}

/** What the option `readFrom` takes beside names: `readFrom.subnet('10.1.0.0/16')` */
export const readFrom: ReadFromMakers = Object.freeze({ subnet })

function subnet(networks: string | readonly string[]): ReadFromFunction {
  const prefixes = [networks].flat().map(prefixOf)
  if (prefixes.length === 0) throw new ConfigurationError(path, `names no network; give one, such as ${examples}`)
  const known = new Map<string, boolean>()
  // Hot path: an address is looked at once, not for each read.
  const isNear = ({ ip }: ReadCandidate): boolean => {
    if (ip === undefined) return false
    const near = known.get(ip) ?? isIn(prefixes, ip)
    if (known.size >= mostKnown) known.clear()
    known.set(ip, near)
    return near
  }
  return (nodes) => leastBusyOfTwo(nearFirst(nodes, isNear, roleOf), Math.random)
}

function isIn(prefixes: readonly string[], ip: string): boolean {
  const bits = bitsOf(ip)
  return prefixes.some((prefix) => bits.startsWith(prefix))
}

function roleOf({ role }: ReadCandidate): Role {
  return role
}

/** What the addresses of a network begin with, in binary digits. */
function prefixOf(network: unknown): string {
  const [ip = '', length = '', ...more] = typeof network === 'string' ? network.split('/') : []
  const family = isIP(ip)
  const most = family === 4 ? 32 : 128
  const isLength = /^\d{1,3}$/.test(length) && Number(length) <= most && more.length === 0
  if (family === 0 || ip.includes('%') || !isLength)
    throw new ConfigurationError(
      path,
      `expected an IP address and the length of its prefix, such as ${examples}, got ${show(network)}; one address is '10.1.2.3/32'`,
    )
  return bitsOf(ip).slice(0, 128 - most + Number(length))
}

/** An IP address as 128 binary digits; one of IPv4 as IPv6 has it, ::ffff:10.1.2.3. Pure. */
function bitsOf(ip: string): string {
  const [address = ''] = ip.split('%')
  const { hostname } = new URL(`http://[${isIP(address) === 4 ? `::ffff:${address}` : address}]`)
  const [before = [], after = []] = hostname
    .slice(1, -1)
    .split('::')
    .map((groups) => (groups === '' ? [] : groups.split(':')))
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after]
    .map((group) => Number.parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('')
}

const path = 'readFrom.subnet'
const examples = "'10.1.0.0/16' or 'fd00:1::/32'"
/** More addresses than servers have at a time. */
const mostKnown = 1_000

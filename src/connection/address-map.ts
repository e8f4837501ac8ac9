import { ConfigurationError } from '../errors.js'
import { kindOf, show } from '../units.js'
import { addressOf, type Address, type NodeTarget } from './connection.js'

/** Where an announced address is dialled: a table, or a function; what it does not know is dialled as it is. */
export type AddressMap = Readonly<Record<Address, Address>> | ((address: Address) => Address | undefined)

/** Translates a target just before it is dialled. */
export type Translate = (target: NodeTarget) => NodeTarget

/**
 * @returns `undefined` when there is nothing to translate
 * @throws {ConfigurationError} E_CONFIG at the address that cannot be dialled; of a function's when it is dialled
 */
export function resolveAddressMap(map: AddressMap | undefined, path: string): Translate | undefined {
  if (map === undefined) return undefined
  if (typeof map === 'function') return (target) => translate(target, map(addressOf(target)), path)
  if (map === null || typeof map !== 'object' || Array.isArray(map))
    throw new ConfigurationError(path, `expected { 'host:port': 'host:port' } or a function, got ${kindOf(map)}`)
  const targets = new Map(
    Object.entries(map).map(([from, to]) => {
      const address = addressOf(parse(from, `${path} (its keys)`))
      return [address, parse(to, `${path}['${address}']`)]
    }),
  )
  return (target) => targets.get(addressOf(target)) ?? target
}

function translate(target: NodeTarget, to: Address | undefined, path: string): NodeTarget {
  return to === undefined ? target : parse(to, path)
}

function parse(address: unknown, path: string): NodeTarget {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(String(address)) ?? []
  const host = bracketed ?? plain
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) }
  throw new ConfigurationError(path, `expected 'host:port', got ${show(address)}`)
}

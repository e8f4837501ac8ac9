import { describe, expect, test } from 'vitest'
import { ConfigurationError, readFrom, type ReadCandidate, type Role } from '../../src/index.js'

/** A node with a name, at an address. */
function node(ip: string | undefined, role: Role, pending = 0): ReadCandidate {
  return { address: 'db.example:6379', role, pending, rtt: undefined, lag: undefined, zone: undefined, ip }
}

/** A primary goes before replicas only where it is near. */
function isIn(networks: string | readonly string[], ip: string): boolean {
  return readFrom.subnet(networks)([node(undefined, 'replica'), node(ip, 'primary')])?.ip === ip
}

describe('a network', () => {
  test.for<[networks: string | readonly string[], inside: readonly string[], outside: readonly string[]]>([
    [
      '10.1.0.0/16',
      ['10.1.0.0', '10.1.255.255', '::ffff:10.1.2.3'],
      ['10.2.0.0', '10.0.255.255', '::a01:203', 'fd00::1'],
    ],
    ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.2', '10.1.2.4']],
    ['10.1.2.3/16', ['10.1.200.1'], ['10.2.2.3']],
    ['10.128.0.0/9', ['10.128.0.1', '10.255.0.1'], ['10.127.255.255']],
    ['0.0.0.0/0', ['1.2.3.4', '255.255.255.255'], ['::1', 'fd00::1']],
    ['fd00:1::/32', ['fd00:1::1', 'fd00:1:ffff::'], ['fd00:2::1', 'fd01:1::1', '10.1.2.3']],
    ['fe80::/10', ['fe80::1%eth0', 'febf::1'], ['fec0::1']],
    [
      '2001:db8:0:0:1:2:3:4/128',
      ['2001:db8::1:2:3:4', '2001:0db8:0000:0000:0001:0002:0003:0004'],
      ['2001:db8::1:2:3:5'],
    ],
    ['::ffff:10.1.0.0/112', ['10.1.2.3'], ['10.2.2.3']],
    [
      ['10.1.0.0/16', 'fd00:1::/32'],
      ['10.1.2.3', 'fd00:1::1'],
      ['10.2.2.3', 'fd00:2::1'],
    ],
  ])('%s has %j, and not %j', ([networks, inside, outside]) => {
    const all = [...inside, ...outside]
    expect(all.filter((ip) => isIn(networks, ip))).toStrictEqual(inside)
  })

  test.for<[unknown, RegExp]>([
    ['10.1.0.0', /got '10\.1\.0\.0'; one address is '10\.1\.2\.3\/32'/],
    ['10.1.0.0/33', /expected an IP address and the length of its prefix, such as '10\.1\.0\.0\/16'/],
    ['fd00::/129', /fd00/],
    ['10.1.0.0/', /10\.1/],
    ['10.1.0.0/-1', /10\.1/],
    ['10.1.0.0/8.5', /10\.1/],
    ['10.1.0.0/255.255.0.0', /10\.1/],
    ['10.1.0.0/16/8', /10\.1/],
    ['10.1/16', /10\.1/],
    ['db.example/16', /db\.example/],
    ['fe80::1%eth0/64', /eth0/],
    ['/16', /'\/16'/],
    ['', /got ''/],
    [undefined, /undefined/],
    [null, /null/],
    [16, /16/],
    [['10.1.0.0/16', 5], /got 5/],
    [[], /names no network/],
  ])('%j is none, and the error says how to write one', ([networks, problem]) => {
    expect(() => readFrom.subnet(networks as string)).toThrow(ConfigurationError)
    expect(() => readFrom.subnet(networks as string)).toThrow(/^readFrom\.subnet: /)
    expect(() => readFrom.subnet(networks as string)).toThrow(problem)
  })
})

describe('of nodes in a network and of others', () => {
  const [here, there] = ['10.1.0.5', '10.2.0.5']
  const primary = { here: node(here, 'primary'), there: node(there, 'primary') }
  const replica = { here: node(here, 'replica', 5), other: node(here, 'replica', 6), there: node(there, 'replica') }

  test.for<[what: string, nodes: readonly ReadCandidate[], chosen: ReadCandidate | undefined]>([
    ['a replica there goes first', [primary.here, replica.there, replica.here], replica.here],
    ['the less busy one of two', [replica.other, replica.here], replica.here],
    ['then the primary there', [replica.there, primary.here], primary.here],
    ['then another replica', [primary.there, replica.there], replica.there],
    ['then the primary', [primary.there], primary.there],
    ['a node whose address is not known is another one', [node(undefined, 'replica'), primary.here], primary.here],
    ['none of none', [], undefined],
  ])('%s', ([, nodes, chosen]) => {
    const select = readFrom.subnet('10.1.0.0/16')
    expect(select(nodes)).toBe(chosen)
    expect(select(nodes.toReversed())).toBe(chosen)
  })
})

import { describe, expect } from 'vitest'
import { ConnectionError } from '../../src/errors.js'
import { eventually, type LabGroup, type LabServer } from '../../src/lab/index.js'
import { keysIn } from '../support/cluster-commands.js'
import { makeAuthority, makeCertificate } from '../support/certificates.js'
import { test as base, text, within } from '../support/connection.js'

const test = base
  .extend('authority', { scope: 'file' }, ({ lab }) => makeAuthority(lab.folder, 'authority'))
  .extend('tls', { scope: 'file' }, async ({ lab, authority }) => ({
    ...(await makeCertificate(lab.folder, authority, 'DNS:localhost')),
    caFile: authority.certFile,
  }))

describe('a group with TLS', () => {
  test('speaks it on every link, and to whom checks its name', async ({ lab, tls, authority, connect }) => {
    const group = await lab.group({ tls, host: 'localhost' })
    for (const server of [...group.nodes, ...group.sentinels]) {
      expect(server.address).toBe(`localhost:${server.port}`)
      const connection = await connect(server, { tls: { ca: authority.cert } })
      expect(await connection.execute(text('PING'), within(2_000))).toBe('PONG')
      await expect(connect(server)).rejects.toBeInstanceOf(ConnectionError)
      for (const client of await guestsOf(server)) expect(client).toContain(` laddr=127.0.0.1:${server.port} `)
    }
  })

  test('and proxies has them on every link, and fails over by name', async ({ lab, tls, authority, connect }) => {
    const group = await lab.group({ tls, host: 'localhost', proxied: true })
    const [before] = group.nodes as [LabServer]
    expect(await namesPrimary(group)).toEqual(Array(3).fill(['localhost', String(before.port)]))
    const after = await group.failover()
    expect(after.address).toMatch(/^localhost:/)
    const connection = await connect(after, { tls: { ca: authority.cert } })
    expect(after.proxy.connections({ from: 'clients' })).toBe(1)
    await connection.execute(text('SET', 'k', 'v'), within(2_000))
    const other = group.nodes.find((node) => node !== before && node !== after)
    await eventually(() => after.proxy.connections({ from: other }) === 1)
  })
})

describe('a cluster with TLS and a password', () => {
  test('moves keys from node to node, and sends clients on by name', async ({ lab, tls, authority, connect }) => {
    await using cluster = await lab.cluster({ replicas: 0, tls, host: 'localhost', config: { requirepass: 'secret' } })
    const [from, to] = (await cluster.primaries()) as [LabServer, LabServer]
    expect(cluster.locations[0]).toBe(`valkeys://localhost:${from.port}`)
    const [key] = keysIn(5_460, 1) as [string]
    await from.command('SET', key, 'v')
    await cluster.reshard({ slots: [5_460], from, to })
    const connection = await connect(from, { tls: { ca: authority.cert }, password: 'secret' })
    await expect(connection.execute(text('GET', key), within(2_000))).rejects.toThrow(`MOVED 5460 ${to.address}`)
    expect(await to.command('GET', key)).toBe('v')
  })
})

/** The connections to a server, beside the lab's own; a replica lists the one to its primary too. */
async function guestsOf(server: LabServer): Promise<string[]> {
  const lines = String(await server.command('CLIENT', 'LIST')).split('\n')
  const guests = lines.filter((line) => line !== '' && !/ name=lab | flags=M /.test(line))
  expect(guests.length).toBeGreaterThanOrEqual(3)
  return guests
}

function namesPrimary({ sentinels, serviceName }: LabGroup): Promise<unknown[]> {
  return Promise.all(sentinels.map((server) => server.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', serviceName)))
}

import { describe, expect, test } from 'vitest'
import type { Reply } from '../../src/connection/connection.js'
import { Node } from '../../src/connection/node.js'
import { readHello } from '../../src/connection/resp/hello.js'
import { zoneOf } from '../../src/connection/zone.js'
import { healthOf, nodeDown } from '../support/nodes.js'

describe('the zone in a reply to HELLO', () => {
  test.for<[what: string, fields: Readonly<Record<string, string>>, zone: string | undefined]>([
    ['Valkey 8.1', { server: 'valkey', version: '8.1.1', availability_zone: 'eu-1a' }, 'eu-1a'],
    ['Valkey 8.1 without one', { server: 'valkey', version: '8.1.1' }, ''],
    ['Valkey 9.1 without one', { server: 'valkey', version: '9.1.2' }, ''],
    ['Valkey 10 without one', { server: 'valkey', version: '10.0.0' }, ''],
    ['Valkey 8.0, which tells it to INFO', { server: 'valkey', version: '8.0.1' }, undefined],
    ['a hosted server that calls itself Redis', { server: 'redis', version: '7.3.0' }, undefined],
    [
      'a server that calls itself Redis and tells it',
      { server: 'redis', version: '7.3.0', availability_zone: 'b' },
      'b',
    ],
    ['a server that tells nothing', {}, undefined],
  ])('of %s', ([, fields, zone]) => {
    expect(readHello(new Map(Object.entries(fields))).zone).toBe(zone)
  })

  test('is not known without a reply', () => {
    expect(readHello(undefined).zone).toBeUndefined()
  })
})

describe('the zone in a reply to INFO', () => {
  test.for<[info: Reply, zone: string]>([
    ['# Server\r\nvalkey_version:8.0.1\r\navailability_zone:eu-1a\r\nlistener0:name=tcp\r\n', 'eu-1a'],
    ['availability_zone:eu 1a\r\n', 'eu 1a'],
    ['# Server\r\navailability_zone:\r\nlistener0:name=tcp\r\n', ''],
    ['# Server\r\nredis_version:7.0.15\r\n', ''],
    ['', ''],
    [null, ''],
  ])('%j', ([info, zone]) => {
    expect(zoneOf(info)).toBe(zone)
  })
})

describe('a node', () => {
  test('has the zone of the map of its cluster, until a connection says what it is now', () => {
    const target = { host: 'a', port: 1, role: 'replica', zone: 'old' } as const
    const node = new Node(target, nodeDown(1, 'replica').pool)
    expect(node.zone).toBe('old')
    healthOf(node).zone = 'new'
    expect(node.zone).toBe('new')
    healthOf(node).zone = ''
    expect(node.zone).toBe('')
  })

  test('is at the address that its connection leads to, or that it is called by', () => {
    const { pool } = nodeDown(1, 'replica')
    const ipOf = (host: string): string | undefined => new Node({ host, port: 1, role: undefined }, pool).ip
    expect(['10.1.2.3', 'fd00::1', 'db.example', ''].map(ipOf)).toStrictEqual([
      '10.1.2.3',
      'fd00::1',
      undefined,
      undefined,
    ])
    Object.assign(pool.health ?? {}, { ip: '10.9.9.9' })
    expect(ipOf('db.example')).toBe('10.9.9.9')
  })
})

import { describe, expect, test } from 'vitest'
import type { Reply } from '../../src/connection/connection.js'
import { parseShards, parseSlots, type Asked } from '../../src/topology/cluster/replies.js'

const asked: Asked = { target: { host: 'seed', port: 7000 }, secure: false }

describe('CLUSTER SHARDS', () => {
  test('of 8.0: slots as pairs, nodes with role and health', () => {
    const reply = [row([0, 5_460], node({ id: 'a' }), node({ id: 'b', port: 7001, role: 'replica' }))]
    expect(parseShards(reply, asked)).toStrictEqual([
      {
        slots: [[0, 5_460]],
        nodes: [
          { id: 'a', target: { host: '127.0.0.1', port: 7000 }, role: 'primary', online: true },
          { id: 'b', target: { host: '127.0.0.1', port: 7001 }, role: 'replica', online: true },
        ],
      },
    ])
  })

  test('of 9.1: fields that are not known are ignored', () => {
    const shard = row([0, 1], node({ id: 'a', 'something-new': 'x' }))
    shard.set('id', 'c0ffee')
    expect(parseShards([shard], asked)).toStrictEqual(parseShards([row([0, 1], node({ id: 'a' }))], asked))
  })

  test('of 9.1: the zones of nodes that have one', () => {
    const zone = { 'availability-zone': 'eu-1a' }
    const [shard] = parseShards([row([0, 1], node(zone), node({ id: 'b', port: 7001, role: 'replica' }))], asked)
    expect(shard?.nodes.map(({ target }) => target)).toStrictEqual([
      { host: '127.0.0.1', port: 7000, zone: 'eu-1a' },
      { host: '127.0.0.1', port: 7001 },
    ])
  })

  test('of a RESP2 connection: flat lists', () => {
    const flat = ['slots', [0, 1], 'nodes', [[...node({ id: 'a' })].flat()]]
    expect(parseShards([flat], asked)).toStrictEqual(parseShards([row([0, 1], node({ id: 'a' }))], asked))
  })

  test('ranges of slots are in order, and adjacent ones are one', () => {
    expect(parseShards([row([10, 20, 5, 9, 0, 1], node({}))], asked)[0]?.slots).toStrictEqual([
      [0, 1],
      [5, 20],
    ])
  })

  test.for(['fail', 'loading'])('a node that is %s is not online', (health) => {
    expect(parseShards([row([0, 1], node({ health }))], asked)[0]?.nodes[0]?.online).toBe(false)
  })

  test.for([
    ['a hostname', { endpoint: 'node-1', ip: '10.0.0.9' }, 'node-1'],
    ['no endpoint', { endpoint: null, ip: '10.0.0.9' }, 'seed'],
    ['an empty endpoint', { endpoint: '', ip: '' }, 'seed'],
    ['a hostname that is not known', { endpoint: '?', ip: '10.0.0.9' }, '10.0.0.9'],
    ['a hostname that is not known, and no address', { endpoint: '?', ip: '' }, 'seed'],
  ] as const)('%s', ([, fields, host]) => {
    expect(parseShards([row([0, 1], node(fields))], asked)[0]?.nodes[0]?.target.host).toBe(host)
  })

  test('the port is that of TLS where nodes are reached by TLS', () => {
    const reply = [row([0, 1], node({ port: 7000, 'tls-port': 8000 }))]
    expect(parseShards(reply, asked)[0]?.nodes[0]?.target.port).toBe(7000)
    expect(parseShards(reply, { ...asked, secure: true })[0]?.nodes[0]?.target.port).toBe(8000)
  })

  test('a shard without slots counts while its primary is online: it may be given some', () => {
    const [empty, failed] = [row([], node({})), row([], node({ health: 'fail' }))]
    const orphan = row([], node({ role: 'replica' }))
    expect(parseShards([empty, failed, orphan], asked)).toHaveLength(1)
  })

  test.for<[string, Reply]>([
    ['no list', 'OK'],
    ['null', null],
    ['rows that are no maps', ['x', 1, null]],
    ['slots that are none', [row([-1, 5, 3, 20_000], node({ port: 0 }))]],
  ])('%s is no map', ([, reply]) => {
    expect(parseShards(reply, asked)).toStrictEqual([])
  })
})

describe('CLUSTER SLOTS', () => {
  const a: Reply[] = ['127.0.0.1', 7000, 'a', new Map()]
  const b: Reply[] = ['127.0.0.1', 7001, 'b', new Map()]

  test('says as much as CLUSTER SHARDS, the primary first in each row', () => {
    const shards = [row([0, 1, 5, 6], node({ id: 'a' }), node({ id: 'b', port: 7001, role: 'replica' }))]
    const slots = [
      [0, 1, a, b],
      [5, 6, a, b],
    ]
    expect(parseSlots(slots, asked)).toStrictEqual(parseShards(shards, asked))
  })

  test('tells the zones too, on 9.1', () => {
    const zoned: Reply[] = ['127.0.0.1', 7000, 'a', new Map([['availability-zone', 'eu-1a']])]
    const zones = parseSlots([[0, 1, zoned, b]], asked)[0]?.nodes.map(({ target }) => target.zone)
    expect(zones).toStrictEqual(['eu-1a', undefined])
  })

  test('hosts that are null or unknown are found as in CLUSTER SHARDS', () => {
    const hosts = (host: Reply, ip: string): unknown =>
      parseSlots([[0, 1, [host, 7000, 'a', new Map([['ip', ip]])]]], asked)[0]?.nodes[0]?.target.host
    expect(hosts(null, '10.0.0.9')).toBe('seed')
    expect(hosts('?', '10.0.0.9')).toBe('10.0.0.9')
  })

  test('rows without a primary or with slots that are none are left out', () => {
    expect(parseSlots([[0, 1], ['x', 1, a], [0, 16_384, a], 'x'], asked)).toStrictEqual([])
  })
})

function row(slots: number[], ...nodes: Map<Reply, Reply>[]): Map<Reply, Reply> {
  return new Map<Reply, Reply>([
    ['slots', slots],
    ['nodes', nodes],
  ])
}

/** `role: 'replica'` is what servers say; their other word is `master`. */
function node(fields: Readonly<Record<string, Reply>>): Map<Reply, Reply> {
  const usual = { id: 'a', port: 7000, ip: '127.0.0.1', endpoint: '127.0.0.1', role: 'master', health: 'online' }
  return new Map<Reply, Reply>(Object.entries({ ...usual, ...fields }))
}

import { describe, expect, test } from 'vitest'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import {
  parseAddress,
  parseId,
  parseOthers,
  parsePrimary,
  parseReplicas,
  parseSentinels,
} from '../../src/topology/sentinel/replies.js'

/** What does not look like an answer: nothing is made of it, and nothing is thrown. */
const strange: readonly Reply[] = [null, [], '', 'OK', 7, true, new Map(), new ErrorReply('ERR No such master')]

describe('the address of the primary', () => {
  test('is host and port', () => {
    expect(parseAddress(['10.0.0.1', '6379'])).toStrictEqual({ host: '10.0.0.1', port: 6379 })
    expect(parseAddress(['primary.internal', '6379'])).toStrictEqual({ host: 'primary.internal', port: 6379 })
    expect(parseAddress(['fd00::1', '6379'])).toStrictEqual({ host: 'fd00::1', port: 6379 })
  })

  test('is not known when the sentinel does not know the service', () => {
    expect(parseAddress(null)).toBeUndefined()
  })

  test.for<[what: string, reply: Reply]>([
    ['no port', ['10.0.0.1']],
    ['port 0', ['10.0.0.1', '0']],
    ['a port that is no number', ['10.0.0.1', 'x']],
    ['no host', [null, '6379']],
    ['an empty host', ['', '6379']],
  ])('is not known from %s', ([, reply]) => {
    expect(parseAddress(reply)).toBeUndefined()
  })

  test('is not known from what is no answer', () => {
    for (const reply of strange) expect(parseAddress(reply)).toBeUndefined()
  })
})

describe.for(protocols())('as %s', ([, fields]) => {
  test('the primary has its flags and the config epoch', () => {
    const answer = {
      name: 'mymaster',
      ip: '10.0.0.1',
      port: '6379',
      flags: 's_down,o_down,master',
      'config-epoch': '12',
      'num-other-sentinels': '2',
    }
    const flags = new Set(['s_down', 'o_down', 'master'])
    expect(parsePrimary(fields(answer))).toStrictEqual({
      host: '10.0.0.1',
      port: 6379,
      flags,
      epoch: 12,
      otherSentinels: 2,
    })
  })

  test('a replica has what a sentinel knows of it', () => {
    expect(parseReplicas([fields(replica)])).toStrictEqual([
      {
        host: '10.0.0.2',
        port: 6379,
        flags: new Set(['slave']),
        priority: 100,
        roleReported: 'slave',
        linkUp: true,
        linkDownFor: 0,
        primaryHost: '10.0.0.1',
        primaryPort: 6379,
      },
    ])
  })

  test('a replica whose link is broken has the time since', () => {
    const broken = { ...replica, 'master-link-status': 'err', 'master-link-down-time': '7000' }
    expect(parseReplicas([fields(broken)])).toMatchObject([{ linkUp: false, linkDownFor: 7_000 }])
  })

  test('a replica that never had a link says so with a time below 0', () => {
    const unlinked = { ...replica, 'master-link-status': 'err', 'master-link-down-time': '-1000' }
    expect(parseReplicas([fields(unlinked)])).toMatchObject([{ linkUp: false, linkDownFor: -1_000 }])
  })

  test('an ex-primary is listed with the role that it still reports', () => {
    expect(parseReplicas([fields({ ...replica, 'role-reported': 'master' })])).toMatchObject([
      { roleReported: 'master' },
    ])
  })

  test('a replica that was not heard of yet follows nobody', () => {
    const unheard = { ...replica, 'master-host': '?', 'master-port': '0', 'master-link-status': 'err' }
    expect(parseReplicas([fields(unheard)])).toMatchObject([{ primaryHost: '?', primaryPort: 0, linkUp: false }])
  })

  test('a host may be called like a field', () => {
    expect(parseReplicas([fields({ ...replica, 'master-host': 'port' })])).toMatchObject([
      { port: 6379, primaryHost: 'port', primaryPort: 6379 },
    ])
  })

  test('what cannot be dialled is left out', () => {
    for (const unplaced of [{ ip: '' }, { port: '0' }]) {
      const reply = [fields({ ...replica, ...unplaced }), fields(replica)]
      expect(parseReplicas(reply)).toHaveLength(1)
      expect(parseOthers(reply)).toHaveLength(1)
      expect(parseSentinels(reply)).toHaveLength(1)
    }
  })

  test('replicas keep their order', () => {
    const replicas = ['10.0.0.3', '10.0.0.2', '10.0.0.4'].map((ip) => fields({ ...replica, ip }))
    expect(parseReplicas(replicas).map(({ host }) => host)).toStrictEqual(['10.0.0.3', '10.0.0.2', '10.0.0.4'])
  })

  test('sentinels are those that are alive', () => {
    const reply = [
      fields({ name: 'a', ip: '10.0.0.7', port: '26379', runid: 'f00', flags: 'sentinel' }),
      fields({ name: 'b', ip: '10.0.0.8', port: '26379', flags: 's_down,sentinel' }),
      fields({ name: 'c', ip: 'fd00::9', port: '26380', flags: 'sentinel' }),
    ]
    expect(parseSentinels(reply)).toStrictEqual([
      { host: '10.0.0.7', port: 26379, id: 'f00' },
      { host: 'fd00::9', port: 26380, id: '' },
    ])
    expect(parseOthers(reply).map(({ host, down }) => [host, down])).toStrictEqual([
      ['10.0.0.7', false],
      ['10.0.0.8', true],
      ['fd00::9', false],
    ])
  })
})

test('the id of a sentinel is what it says, and nothing where it refuses to say', () => {
  expect(parseId('f00')).toBe('f00')
  for (const refused of [new ErrorReply('ERR Unknown sentinel subcommand'), null, ''])
    expect(parseId(refused)).toBeUndefined()
})

test('from what is no answer nothing is made', () => {
  for (const reply of strange) {
    expect(parsePrimary(reply).epoch).toBe(0)
    expect(parseReplicas(reply)).toStrictEqual([])
    expect(parseSentinels(reply)).toStrictEqual([])
  }
})

const replica = {
  name: '10.0.0.2:6379',
  ip: '10.0.0.2',
  port: '6379',
  flags: 'slave',
  'role-reported': 'slave',
  'master-link-down-time': '0',
  'master-link-status': 'ok',
  'master-host': '10.0.0.1',
  'master-port': '6379',
}

/** How fields come: in RESP3, and before it. */
function protocols(): readonly [name: string, fields: (of: Record<string, string>) => Reply][] {
  return [
    ['a map', (of) => new Map<Reply, Reply>(Object.entries(of))],
    ['a flat list', (of) => Object.entries(of).flat()],
  ]
}

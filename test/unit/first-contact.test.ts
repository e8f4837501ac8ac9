import { describe, expect, test } from 'vitest'
import type { Reply } from '../../src/connection/connection.js'
import { checkHello, readHello, type Purpose } from '../../src/connection/resp/hello.js'
import { UnsupportedError } from '../../src/errors.js'

const hello = (fields: Record<string, Reply>): Reply => new Map(Object.entries(fields))

describe('the reply to HELLO', () => {
  test('says what the server is', () => {
    const reply = hello({ server: 'valkey', version: '8.0.1', id: 7, mode: 'standalone', role: 'replica' })
    expect(readHello(reply)).toStrictEqual({
      server: 'valkey',
      version: '8.0.1',
      mode: 'standalone',
      role: 'replica',
      clientId: 7,
      zone: undefined,
    })
  })

  test.for<Reply | undefined>([
    undefined,
    null,
    'OK',
    new Map(),
    hello({ server: 1, version: null, id: 'x', role: 2 }),
  ])('that says nothing leaves everything open: %o', (reply) => {
    expect(Object.values(readHello(reply))).toStrictEqual(new Array(6).fill(undefined))
    expect(() => checkHello('h:1', readHello(reply), 'data')).not.toThrow()
    expect(() => checkHello('h:1', readHello(reply), 'sentinel')).not.toThrow()
  })

  test.for<[fields: Record<string, Reply>, purpose: Purpose | undefined, problem: RegExp | undefined]>([
    [{ server: 'redis', version: '5.0.7' }, undefined, /is Redis 5\.0\.7/],
    [{ server: 'redis', version: '6.2.14', mode: 'sentinel' }, 'sentinel', /is Redis 6\.2\.14/],
    [{ server: 'redis', version: '7.0.0' }, 'data', undefined],
    [{ server: 'redis', version: '10.1.0' }, 'data', undefined],
    [{ server: 'redis', version: 'unknown' }, 'data', undefined],
    [{ server: 'valkey', version: '1.0.0' }, 'data', undefined],
    [{ mode: 'standalone' }, 'data', undefined],
    [{ mode: 'sentinel' }, 'data', /is a sentinel/],
    [{ mode: 'cluster' }, 'data', /is a node of a cluster; set client: 'cluster'/],
    [{ mode: 'cluster' }, 'cluster', undefined],
    [{ mode: 'sentinel' }, 'cluster', /is a sentinel.*set client: 'sentinel'/],
    [{ mode: 'standalone' }, 'cluster', /belongs to no cluster.*set client: 'default'/],
    [{ mode: 'sentinel' }, 'sentinel', undefined],
    [{ mode: 'cluster' }, 'sentinel', /is no sentinel but a server \(mode cluster\)/],
    [{ mode: 'sentinel' }, undefined, undefined],
    [{ mode: 'cluster' }, undefined, undefined],
  ])('%o, for %s: %s', ([fields, purpose, problem]) => {
    const check = (): void => checkHello('h:1', readHello(hello(fields)), purpose)
    if (problem === undefined) return expect(check).not.toThrow()
    expect(check).toThrow(UnsupportedError)
    expect(check).toThrow(problem)
  })
})

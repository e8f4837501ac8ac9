import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ErrorReply } from '../../src/connection/connection.js'
import { replyError } from '../../src/connection/reply-error.js'
import * as errors from '../../src/errors.js'

const address = '10.0.0.1:6379'
const lost = new Error('read ECONNRESET')

/** One of each, with the code, whether trying again may help, and the class above it. */
const all: readonly [error: errors.CacheError, code: string, retryable: boolean, parent: unknown][] = [
  [new errors.CacheError('x'), 'E_CACHE', false, Error],
  [new errors.ConfigurationError('caches.default.ttl', 'is odd'), 'E_CONFIG', false, errors.CacheError],
  [new errors.KeyError('x'), 'E_KEY', false, errors.CacheError],
  [new errors.KeyNotFoundError('k'), 'E_KEY_NOT_FOUND', false, errors.CacheError],
  [new errors.CodecError('decode', 'x'), 'E_CODEC', false, errors.CacheError],
  [new errors.ConnectionError(address, 'x'), 'E_CONNECTION', true, errors.CacheError],
  [new errors.ConnectionInterruptedError(address, true), 'E_INTERRUPTED', true, errors.ConnectionError],
  [new errors.PoolTimeoutError(address, 'x'), 'E_POOL_TIMEOUT', true, errors.ConnectionError],
  [new errors.OverflowError(address, 'x'), 'E_OVERFLOW', true, errors.ConnectionError],
  [new errors.ProtocolError(address, 'x'), 'E_PROTOCOL', true, errors.ConnectionError],
  [new errors.AuthenticationError(address, 'x'), 'E_AUTH', false, errors.ConnectionError],
  [new errors.RoleMismatchError(address, 'primary', 'replica'), 'E_ROLE', true, errors.ConnectionError],
  [new errors.ClosedError(address), 'E_CLOSED', false, errors.ConnectionError],
  [new errors.TopologyError('mymaster', 'x', []), 'E_TOPOLOGY', true, errors.CacheError],
  [new errors.PrimaryNotFoundError('mymaster', []), 'E_PRIMARY_NOT_FOUND', true, errors.TopologyError],
  [new errors.ReplicaNotFoundError('mymaster', []), 'E_REPLICA_NOT_FOUND', true, errors.TopologyError],
  [new errors.SentinelUnreachableError('mymaster', []), 'E_SENTINEL_UNREACHABLE', true, errors.TopologyError],
  [new errors.UnknownServiceError('mymaster', []), 'E_UNKNOWN_SERVICE', true, errors.TopologyError],
  [new errors.ClusterUnreachableError('c1:6379', []), 'E_CLUSTER_UNREACHABLE', true, errors.TopologyError],
  [new errors.CommandError('GET', 'ERR x'), 'E_COMMAND', false, errors.CacheError],
  [new errors.CrossSlotError('SUNION', 'CROSSSLOT x'), 'E_CROSS_SLOT', false, errors.CommandError],
  [new errors.InsufficientReplicasError('SET', 'NOREPLICAS x'), 'E_REPLICAS', false, errors.CommandError],
  [new errors.CommandTimeoutError('GET', 250, true), 'E_TIMEOUT', true, errors.CacheError],
  [new errors.ReadOnlyCacheError('x'), 'E_READ_ONLY', false, errors.CacheError],
  [new errors.LockError('k', 'x'), 'E_LOCK', false, errors.CacheError],
  [new errors.LockNotAcquiredError('k', 'x'), 'E_LOCK_NOT_ACQUIRED', true, errors.LockError],
  [new errors.LockNotOwnedError('k', 'x'), 'E_LOCK_NOT_OWNED', false, errors.LockError],
  [new errors.SchemaError(':1:k', []), 'E_SCHEMA', false, errors.CacheError],
  [new errors.UnsupportedError('x'), 'E_UNSUPPORTED', false, errors.CacheError],
]

describe.each(all)('%s', (error, code, retryable, parent) => {
  test('is told by its class and its code', () => {
    expect(error).toBeInstanceOf(parent)
    expect(error).toBeInstanceOf(errors.CacheError)
    expect(error.code).toBe(code)
  })

  test('says whether trying again may help', () => {
    expect(error.retryable).toBe(retryable)
  })

  test('is named after its class, in its stack too', () => {
    expect(error.name).toBe(error.constructor.name)
    expect(String(error)).toBe(`${error.name}: ${error.message}`)
  })
})

test('all of them are tried here, and no two have the same code', () => {
  const classes = Object.values(errors).filter((value) => typeof value === 'function')
  expect(new Set(all.map(([error]) => error.constructor))).toStrictEqual(new Set(classes))
  expect(new Set(all.map(([, code]) => code)).size).toBe(all.length)
})

test('a cause is kept as it is, and is not there when there is none', () => {
  expect(new errors.ConnectionError(address, 'x', { cause: lost }).cause).toBe(lost)
  expect('cause' in new errors.ConnectionError(address, 'x')).toBe(false)
})

describe('the message says what failed, where, and what became of the command', () => {
  test.each<[error: Error, message: string]>([
    [
      new errors.ConnectionInterruptedError(address, true, { cause: lost }),
      '10.0.0.1:6379: connection lost, the command had been sent and may have run (read ECONNRESET).',
    ],
    [
      new errors.ConnectionInterruptedError(address, false),
      '10.0.0.1:6379: connection lost, the command had not been sent.',
    ],
    [new errors.CommandTimeoutError('GET', 250.4, true), 'GET: no reply within 250 ms, it was sent and may have run.'],
    [new errors.CommandTimeoutError('SET', 1_000, false), 'SET: no reply within 1000 ms, it was not sent.'],
    [
      new errors.CommandTimeoutError('SET', 1_000, false, { cause: new Error('No primary.') }),
      'SET: no reply within 1000 ms, it was not sent (No primary).',
    ],
    [new errors.ConfigurationError('caches.a.ttl', 'is odd'), 'caches.a.ttl: is odd'],
    [
      new errors.RoleMismatchError(address, 'primary', 'replica'),
      '10.0.0.1:6379: is a replica and a primary is needed.',
    ],
    [
      new errors.SentinelUnreachableError('mymaster', ['s1:26379 timed out', 's2:26379 refused']),
      'No sentinel of "mymaster" answers; check the hosts, ports and credentials in sentinels (s1:26379 timed out, s2:26379 refused).',
    ],
    [
      new errors.ClusterUnreachableError('c1:6379,c2:6379', ['c1:6379 timed out', 'c2:6379 refused']),
      'No node of the cluster at c1:6379,c2:6379 answers; check the hosts and ports in location (c1:6379 timed out, c2:6379 refused).',
    ],
    [
      new errors.UnknownServiceError('mymaster', []),
      'No sentinel knows the service "mymaster"; check the name in location (case counts).',
    ],
  ])('%s', (error, message) => {
    expect(error.message).toBe(message)
  })
})

describe('what a server answers becomes', () => {
  test.each(['WRONGPASS bad pair', 'NOAUTH Authentication required.', 'NOPERM no permission'])(
    '%s: AuthenticationError, not worth a retry',
    (text) => {
      const error = replyError(address, 'GET', new ErrorReply(text))
      expect(error).toBeInstanceOf(errors.AuthenticationError)
      expect(error).toMatchObject({ code: 'E_AUTH', retryable: false, address, message: expect.stringContaining(text) })
    },
  )

  test('NOREPLICAS: InsufficientReplicasError, worth a retry', () => {
    const error = replyError(address, 'SET', new ErrorReply('NOREPLICAS Not enough good replicas to write.'))
    expect(error).toBeInstanceOf(errors.InsufficientReplicasError)
    expect(error).toMatchObject({ code: 'E_REPLICAS', retryable: true, command: 'SET' })
  })

  test.each(['READONLY', 'REDIRECT', 'LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'TRYAGAIN', 'BUSY'])(
    '%s: CommandError, worth a retry',
    (code) => {
      expect(replyError(address, 'SET', new ErrorReply(`${code} x`))).toMatchObject({
        code: 'E_COMMAND',
        retryable: true,
      })
    },
  )

  test.each(['WRONGTYPE x', 'ERR x', 'NOSCRIPT x', 'MOVED 1 a:1', 'BUSYKEY x', ''])(
    '%s: CommandError with command and reply, not worth a retry',
    (text) => {
      expect(replyError(address, 'INCR', new ErrorReply(text))).toMatchObject({
        name: 'CommandError',
        code: 'E_COMMAND',
        retryable: false,
        command: 'INCR',
        reply: text,
      })
    },
  )

  test('an error without what the server repeats of the arguments', () => {
    const text = "ERR unknown command 'GTE', with args beginning with: 'user:1' 'hunter2' "
    const error = replyError(address, 'GTE', new ErrorReply(text))
    expect(error.message).toBe("GTE: ERR unknown command 'GTE'")
    expect(inspect(error)).not.toContain('hunter2')
  })
})

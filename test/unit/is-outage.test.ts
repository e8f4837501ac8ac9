import { expect, test } from 'vitest'
import { isOutage } from '../../src/cache/outage.js'
import {
  AuthenticationError,
  ClosedError,
  CodecError,
  CommandError,
  CommandTimeoutError,
  ConfigurationError,
  ConnectionError,
  ConnectionInterruptedError,
  InsufficientReplicasError,
  KeyError,
  OverflowError,
  PoolTimeoutError,
  PrimaryNotFoundError,
  ReadOnlyCacheError,
  ReplicaNotFoundError,
  ClusterUnreachableError,
  SentinelUnreachableError,
  UnknownServiceError,
  UnsupportedError,
} from '../../src/errors.js'

test.for([
  new ConnectionError('h:1', 'refused'),
  new ConnectionInterruptedError('h:1', true),
  new PoolTimeoutError('h:1', 'late'),
  new OverflowError('h:1', 'full'),
  new CommandTimeoutError('GET', 5, true),
  new PrimaryNotFoundError('s', []),
  new ReplicaNotFoundError('s', []),
  new SentinelUnreachableError('s', []),
  new ClusterUnreachableError('c', []),
  new CommandError('GET', 'LOADING …', { retryable: true }),
  new InsufficientReplicasError('SET', 'NOREPLICAS …', { retryable: true }),
  new InsufficientReplicasError('SET', '0 of 1 replicas have it'),
  new CommandError('SET', 'OOM command not allowed'),
  new CommandError('SET', 'MISCONF errors writing to disk'),
])('%s is an outage', (error) => {
  expect(isOutage(error)).toBe(true)
})

test.for([
  new AuthenticationError('h:1', 'WRONGPASS'),
  new UnknownServiceError('s', []),
  new ClosedError('h:1'),
  new CommandError('SADD', 'WRONGTYPE Operation'),
  new ConfigurationError('ttl', 'no'),
  new KeyError('no'),
  new CodecError('decode', 'no'),
  new UnsupportedError('no'),
  new ReadOnlyCacheError('no'),
  new TypeError('no'),
  new Error('anything'),
  'a text',
  undefined,
])('%s is none', (error) => {
  expect(isOutage(error)).toBe(false)
})

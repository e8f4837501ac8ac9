import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finalError, isRefused, mayHaveRun, mayRetry, retryPause, wasAnswered } from '../../src/clients/retry.js'
import { ErrorReply } from '../../src/connection/connection.js'
import { replyError } from '../../src/connection/reply-error.js'
import {
  AuthenticationError,
  ClosedError,
  InsufficientReplicasError,
  CodecError,
  CommandError,
  CommandTimeoutError,
  ConnectionError,
  ConnectionInterruptedError,
  OverflowError,
  PoolTimeoutError,
  PrimaryNotFoundError,
  ProtocolError,
  RoleMismatchError,
  UnsupportedError,
} from '../../src/errors.js'

const read = { intent: 'read', idempotent: true } as const
/** UNLINK, PEXPIRE, PERSIST. */
const repeatable = { intent: 'write', idempotent: true } as const
/** SET, INCR, scripts. */
const once = { intent: 'write', idempotent: false } as const

const refused = (reply: string): Error => replyError('s:1', 'SET', new ErrorReply(reply))

/** [what happened, the error, may a read be tried again, an idempotent write, any other write] */
type Row = readonly [what: string, error: unknown, read: boolean, repeatable: boolean, once: boolean]

test.for<Row>([
  ['the connection was lost before it was sent', new ConnectionInterruptedError('s:1', false), true, true, true],
  ['the connection was lost after it was sent', new ConnectionInterruptedError('s:1', true), true, true, false],
  ['no reply by its deadline, and it was not sent', new CommandTimeoutError('SET', 250, false), false, false, false],
  ['no reply by its deadline, and it was sent', new CommandTimeoutError('SET', 250, true), false, false, false],
  ['no connection', new ConnectionError('s:1', 'refused'), true, true, true],
  ['no connection in time', new PoolTimeoutError('s:1', 'late'), true, true, true],
  ['another role than expected', new RoleMismatchError('s:1', 'primary', 'replica'), true, true, true],
  ['bytes that are no RESP', new ProtocolError('s:1', 'what?'), true, true, true],
  ['READONLY', refused("READONLY You can't write against a read only replica."), true, true, true],
  ['REDIRECT', refused('REDIRECT s:2'), true, true, true],
  ['LOADING', refused('LOADING Valkey is loading the dataset in memory'), true, true, true],
  ['MASTERDOWN', refused('MASTERDOWN Link with MASTER is down'), true, true, true],
  ['CLUSTERDOWN', refused('CLUSTERDOWN The cluster is down'), true, true, true],
  ['TRYAGAIN', refused('TRYAGAIN Multiple keys request during rehashing of slot'), true, true, true],
  ['BUSY', refused('BUSY Valkey is busy running a script.'), true, true, true],
  ['NOREPLICAS', refused('NOREPLICAS Not enough good replicas to write.'), false, false, false],
  ['WRONGTYPE', refused('WRONGTYPE Operation against a key'), false, false, false],
  ['OOM', refused('OOM command not allowed'), false, false, false],
  ['MISCONF', refused('MISCONF Errors writing to the AOF file'), false, false, false],
  ['ERR', refused('ERR value is not an integer or out of range'), false, false, false],
  ['WRONGPASS', refused('WRONGPASS invalid username-password pair'), false, false, false],
  ['NOAUTH', refused('NOAUTH Authentication required.'), false, false, false],
  ['NOPERM', refused('NOPERM this user has no permissions'), false, false, false],
  ['too much waits', new OverflowError('s:1', 'send less'), false, false, false],
  ['it is closed', new ClosedError('s:1'), false, false, false],
  ['credentials that cannot be had', new AuthenticationError('s:1', 'no password'), false, false, false],
  ['no primary within the deadline', new PrimaryNotFoundError('mymaster', []), false, false, false],
  ['a reply that cannot be decoded', new CodecError('decode', 'what?'), false, false, false],
  ['something unsupported', new UnsupportedError('no'), false, false, false],
  ['an error of somebody else', new Error('as it happens'), false, false, false],
  ["the caller's reason", 'had enough', false, false, false],
  ['nothing', undefined, false, false, false],
])('after "%s" a call is tried again as far as that is safe', ([, error, ...expected]) => {
  expect([read, repeatable, once].map((job) => mayRetry(error, job, false))).toStrictEqual(expected)
})

test('a new primary that refuses for want of replicas is asked again; one that wrote and has too few is not', () => {
  const refused = new InsufficientReplicasError('SET', 'NOREPLICAS Not enough good replicas', { retryable: true })
  const written = new InsufficientReplicasError('SET', '0 of 1 replicas have it')
  expect([refused, written].map((error) => mayRetry(error, once, true))).toStrictEqual([true, false])
})

/** [what happened, the error, it was refused, it may have run, a server or a wait stands behind it] */
test.for<readonly [what: string, error: unknown, refused: boolean, mayHaveRun: boolean, answered: boolean]>([
  ['READONLY', refused("READONLY You can't write against a read only replica."), true, false, true],
  ['LOADING', refused('LOADING Valkey is loading the dataset in memory'), true, false, true],
  ['WRONGTYPE', refused('WRONGTYPE Operation against a key'), false, false, true],
  ['NOPERM', refused('NOPERM this user has no permissions'), false, false, true],
  ['sent, and the connection was lost', new ConnectionInterruptedError('s:1', true), false, true, true],
  ['not sent, and the connection was lost', new ConnectionInterruptedError('s:1', false), false, false, false],
  ['sent, and no reply', new CommandTimeoutError('SET', 250, true), false, true, true],
  ['not sent, and the time is up', new CommandTimeoutError('SET', 250, false), false, false, false],
  ['no connection', new ConnectionError('s:1', 'refused'), false, false, false],
  ['too much waits', new OverflowError('s:1', 'send less'), false, false, false],
])('"%s" is told from what has not run, from what may have, and from what cost no time', ([, error, ...expected]) => {
  expect([isRefused(error), mayHaveRun(error), wasAnswered(error)]).toStrictEqual(expected)
})

describe('before another try there is a pause', () => {
  test('of nothing the first time', () => {
    expect(retryPause(1, 0.5)).toBe(0)
  })

  test('then one that grows, is never more than 100 ms, and differs between processes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 2_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (attempts, random) => {
          const pause = retryPause(attempts, random)
          expect(pause).toBeGreaterThanOrEqual(10)
          expect(pause).toBeLessThanOrEqual(100)
          expect(pause).toBeGreaterThanOrEqual(retryPause(attempts, 0))
          expect(pause).toBeLessThanOrEqual(retryPause(attempts + 1, random))
        },
      ),
    )
  })
})

describe('when the time is up', () => {
  test('a timeout that follows a wait tells the whole of it', () => {
    const error = finalError(new CommandTimeoutError('INCRBY', 250, true), undefined, 5_000)
    expect(error).toMatchObject({ code: 'E_TIMEOUT', command: 'INCRBY', after: 5_000, sent: true })
  })

  test('a call that was refused, and had no time for another attempt, says why it was refused', () => {
    const refusal = new CommandError('SET', "READONLY You can't write against a read only replica.")
    expect(finalError(new CommandTimeoutError('SET', 0, false), refusal, 300)).toBe(refusal)
    expect(finalError(new CommandTimeoutError('SET', 250, true), refusal, 300)).toMatchObject({ sent: true })
  })

  test('a timeout of the only attempt, and any other failure, is told as it is', () => {
    const [timeout, refusal] = [new CommandTimeoutError('GET', 990, true), new CommandError('SET', 'LOADING')]
    expect(finalError(timeout, undefined, 1_000)).toBe(timeout)
    expect(finalError(refusal, undefined, 5_000)).toBe(refusal)
  })
})

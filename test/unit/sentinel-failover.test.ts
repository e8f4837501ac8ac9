import { describe, expect, test } from 'vitest'
import { parseSentinelEvent } from '../../src/topology/sentinel/events.js'
import {
  confirm,
  failoverOf,
  follow,
  handoverTo,
  quiet,
  type FailoverLog,
} from '../../src/topology/sentinel/failover.js'

/** What a leader published in a planned failover of Valkey 8.0, in order. */
const planned: readonly (readonly [channel: string, message: string])[] = [
  ['+new-epoch', '7'],
  ['+try-failover', 'master mymaster 10.0.0.1 6379'],
  ['+elected-leader', 'master mymaster 10.0.0.1 6379'],
  ['+failover-state-select-slave', 'master mymaster 10.0.0.1 6379'],
  ['+selected-slave', 'slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379'],
  ['+failover-state-send-slaveof-noone', 'slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379'],
  ['+failover-state-wait-promotion', 'slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379'],
  ['+promoted-slave', 'slave 10.0.0.2:6379 10.0.0.2 6379 @ mymaster 10.0.0.1 6379'],
]
const from = '10.0.0.1:6379'
const candidate = { host: '10.0.0.2', port: 6379 }
const coordinated = false

describe('a failover', () => {
  test('is known from its first message, with its epoch, and its candidate from the one that selects it', () => {
    expect(heard(planned.slice(0, 2)).failover).toStrictEqual({ from, epoch: 7, candidate: undefined, coordinated })
    for (let length = 5; length <= planned.length; length++)
      expect(heard(planned.slice(0, length)).failover).toStrictEqual({ from, epoch: 7, candidate, coordinated })
  })

  test.for([
    ['-failover-abort-not-elected', 'master mymaster 10.0.0.1 6379'],
    ['-failover-abort-no-good-slave', 'master mymaster 10.0.0.1 6379'],
    ['-failover-abort-slave-timeout', 'master mymaster 10.0.0.1 6379'],
    ['-failover-abort-master-timeout', 'master mymaster 10.0.0.1 6379'],
    ['+failover-end', 'master mymaster 10.0.0.1 6379'],
    ['+failover-end-for-timeout', 'master mymaster 10.0.0.1 6379'],
    ['+switch-master', 'mymaster 10.0.0.1 6379 10.0.0.2 6379'],
  ] as const)('is over with %s', ([channel, message]) => {
    expect(heard([...planned, [channel, message]]).failover).toBeUndefined()
  })

  test('of another service is none of ours', () => {
    const others = planned.map(([channel, message]) => [channel, message.replace('mymaster', 'other')] as const)
    expect(heard(others).failover).toBeUndefined()
    expect(heard([...planned, ['+switch-master', 'other 10.0.0.1 1 10.0.0.2 1']]).failover).toBeDefined()
  })

  test('keeps its epoch when another sentinel announces one meanwhile', () => {
    expect(heard([...planned, ['+new-epoch', '8'], planned[7]!]).failover?.epoch).toBe(7)
  })

  test('is known from an answer alone, without its epoch', () => {
    expect(confirm(quiet, { from, candidate, coordinated }).failover).toStrictEqual({
      from,
      epoch: undefined,
      candidate,
      coordinated,
    })
  })

  test('is over when the sentinel says that none is in progress', () => {
    expect(confirm(heard(planned), undefined).failover).toBeUndefined()
  })

  test('does not lose what messages said to an answer that says less', () => {
    expect(confirm(heard(planned), { from, candidate: undefined, coordinated }).failover).toStrictEqual({
      from,
      epoch: 7,
      candidate,
      coordinated,
    })
  })
})

describe('a coordinated failover', () => {
  const answer = { from, candidate, coordinated: true }

  test('is known as one from an answer, and stays one whatever the messages say', () => {
    const asked = confirm(heard(planned.slice(0, 5)), { ...answer, candidate: undefined })
    expect(asked.failover).toStrictEqual({ from, epoch: 7, candidate, coordinated: true })
    const event = parseSentinelEvent(['message', ...planned[7]!], 'mymaster')!
    expect(follow(asked, event).failover?.coordinated).toBe(true)
    expect(confirm(asked, { ...answer, coordinated: false }).failover?.coordinated).toBe(false)
  })

  test('is about its outcome too, as long as its leader says that it goes on', () => {
    const asked = confirm(heard(planned), answer)
    expect(handoverTo(candidate, [quiet, asked])).toMatchObject(answer)
    expect(handoverTo({ host: '10.0.0.1', port: 6379 }, [asked])).toBeUndefined()
    expect(handoverTo(candidate, [heard(planned)])).toBeUndefined()
    expect(handoverTo(candidate, [confirm(asked, undefined)])).toBeUndefined()
  })
})

describe('the failover that counts', () => {
  const log = (epoch: number, named?: typeof candidate, of = from): FailoverLog => ({
    epoch,
    failover: { from: of, epoch, candidate: named, coordinated },
  })
  const primary = { host: '10.0.0.1', port: 6379 }

  test('is one of the primary that we use', () => {
    expect(failoverOf(primary, [quiet, log(1, candidate, '10.0.0.9:6379')])).toBeUndefined()
    expect(failoverOf(candidate, [heard(planned)])).toBeUndefined()
  })

  test('is one that names its candidate, rather than one that waits to be elected', () => {
    expect(failoverOf(primary, [log(9), log(2, candidate)])?.epoch).toBe(2)
  })

  test('is the one of the highest epoch', () => {
    const other = { host: '10.0.0.3', port: 6379 }
    expect(failoverOf(primary, [log(2, candidate), log(3, other)])?.candidate).toBe(other)
  })
})

function heard(messages: readonly (readonly [channel: string, message: string])[]): FailoverLog {
  return messages.reduce((log, [channel, message]) => {
    const event = parseSentinelEvent(['message', channel, message], 'mymaster')
    return event === undefined ? log : follow(log, event)
  }, quiet)
}

import { describe, expect, test } from 'vitest'
import { parseSentinelEvent, sentinelChannels } from '../../src/topology/sentinel/events.js'

const replica = 'slave 10.0.0.2:6379 10.0.0.2 6379 @'
const sentinel = 'sentinel 4ab5c1 10.0.0.7 26379 @'

test('the channels have the names that sentinels publish on: a switch is +switch-master, with the plus', () => {
  expect(sentinelChannels).toContain('+switch-master')
  for (const channel of sentinelChannels) expect(channel).toMatch(/^[+-][a-z]+(-[a-z]+)*$/)
  expect(new Set(sentinelChannels).size).toBe(sentinelChannels.length)
})

describe('a message is about our service', () => {
  test.for<[channel: string, message: string]>([
    ['+switch-master', 'mymaster 10.0.0.1 6379 10.0.0.2 6379'],
    ['+sdown', 'master mymaster 10.0.0.1 6379'],
    ['-sdown', 'master mymaster 10.0.0.1 6379'],
    ['+sdown', 'master mymaster 10.0.0.1 6379 #quorum 2/2'],
    ['+reboot', 'master mymaster 10.0.0.1 6379'],
    ['+slave', `${replica} mymaster 10.0.0.1 6379`],
    ['+sdown', `${replica} mymaster 10.0.0.1 6379`],
    ['+convert-to-slave', `${replica} mymaster 10.0.0.1 6379`],
    ['-sdown', `${sentinel} mymaster 10.0.0.1 6379`],
  ])('when its name stands in its place: %s %s', ([channel, message]) => {
    expect(parseSentinelEvent(['message', channel, message], 'mymaster')).toBeDefined()
  })

  test('whatever it is called', () => {
    for (const name of ['master', 'slave', 'sentinel', '@', 'a.b-c_d']) {
      expect(parseSentinelEvent(['message', '+switch-master', `${name} 10.0.0.1 1 10.0.0.2 1`], name)).toBeDefined()
      expect(parseSentinelEvent(['message', '+sdown', `master ${name} 10.0.0.1 1`], name)).toBeDefined()
      expect(parseSentinelEvent(['message', '+sdown', `${replica} ${name} 10.0.0.1 1`], name)).toBeDefined()
    }
  })
})

describe('a message is about something else', () => {
  test.for<[channel: string, message: string]>([
    ['+switch-master', 'other 10.0.0.1 6379 10.0.0.2 6379'],
    ['+sdown', 'master other 10.0.0.1 6379'],
    ['+slave', `${replica} other 10.0.0.1 6379`],
    ['-sdown', `${sentinel} other 10.0.0.1 6379`],
  ])('when it names another service, for all of them share the channels: %s %s', ([channel, message]) => {
    expect(parseSentinelEvent(['message', channel, message], 'mymaster')).toBeUndefined()
  })

  test.for(['MYMASTER', 'mymaster2', 'my'])('when the name is not exactly ours: %s', (name) => {
    expect(
      parseSentinelEvent(['message', '+switch-master', `${name} 10.0.0.1 1 10.0.0.2 1`], 'mymaster'),
    ).toBeUndefined()
    expect(parseSentinelEvent(['message', '+sdown', `master ${name} 10.0.0.1 1`], 'mymaster')).toBeUndefined()
    expect(parseSentinelEvent(['message', '+sdown', `${replica} ${name} 10.0.0.1 1`], 'mymaster')).toBeUndefined()
  })

  test.for<[channel: string, message: string]>([
    ['+switch-master', 'other mymaster 6379 mymaster 6379'],
    ['+sdown', 'master other mymaster 6379'],
    ['+sdown', 'slave mymaster mymaster 6379 @ other mymaster 6379'],
    ['+sdown', 'slave mymaster 10.0.0.2 6379'],
    ['+sdown', 'slave 10.0.0.2:6379 10.0.0.2 6379 of mymaster 10.0.0.1 6379'],
    ['+sdown', 'mymaster'],
    ['+sdown', ''],
  ])('when our name stands in another place: %s %s', ([channel, message]) => {
    expect(parseSentinelEvent(['message', channel, message], 'mymaster')).toBeUndefined()
  })

  test('when it is no message of a channel', () => {
    const switched = 'mymaster 10.0.0.1 6379 10.0.0.2 6379'
    expect(parseSentinelEvent(['subscribe', '+switch-master', 1], 'mymaster')).toBeUndefined()
    expect(parseSentinelEvent(['smessage', '+switch-master', switched], 'mymaster')).toBeUndefined()
    expect(parseSentinelEvent(['pmessage', '+*', '+switch-master', switched], 'mymaster')).toBeUndefined()
    expect(parseSentinelEvent(['message', '+switch-master', null], 'mymaster')).toBeUndefined()
    expect(parseSentinelEvent(['invalidate', null], 'mymaster')).toBeUndefined()
    expect(parseSentinelEvent([], 'mymaster')).toBeUndefined()
  })
})

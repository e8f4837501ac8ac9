import { describe, expect, test } from 'vitest'
import { concernsService, sentinelChannels } from '../../src/topology/sentinel/events.js'

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
    expect(concernsService(['message', channel, message], 'mymaster')).toBe(true)
  })

  test('whatever it is called', () => {
    for (const name of ['master', 'slave', 'sentinel', '@', 'a.b-c_d']) {
      expect(concernsService(['message', '+switch-master', `${name} 10.0.0.1 1 10.0.0.2 1`], name)).toBe(true)
      expect(concernsService(['message', '+sdown', `master ${name} 10.0.0.1 1`], name)).toBe(true)
      expect(concernsService(['message', '+sdown', `${replica} ${name} 10.0.0.1 1`], name)).toBe(true)
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
    expect(concernsService(['message', channel, message], 'mymaster')).toBe(false)
  })

  test.for(['MYMASTER', 'mymaster2', 'my'])('when the name is not exactly ours: %s', (name) => {
    expect(concernsService(['message', '+switch-master', `${name} 10.0.0.1 1 10.0.0.2 1`], 'mymaster')).toBe(false)
    expect(concernsService(['message', '+sdown', `master ${name} 10.0.0.1 1`], 'mymaster')).toBe(false)
    expect(concernsService(['message', '+sdown', `${replica} ${name} 10.0.0.1 1`], 'mymaster')).toBe(false)
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
    expect(concernsService(['message', channel, message], 'mymaster')).toBe(false)
  })

  test('when it is no message of a channel', () => {
    const switched = 'mymaster 10.0.0.1 6379 10.0.0.2 6379'
    expect(concernsService(['subscribe', '+switch-master', 1], 'mymaster')).toBe(false)
    expect(concernsService(['smessage', '+switch-master', switched], 'mymaster')).toBe(false)
    expect(concernsService(['pmessage', '+*', '+switch-master', switched], 'mymaster')).toBe(false)
    expect(concernsService(['message', '+switch-master', null], 'mymaster')).toBe(false)
    expect(concernsService(['invalidate', null], 'mymaster')).toBe(false)
    expect(concernsService([], 'mymaster')).toBe(false)
  })
})

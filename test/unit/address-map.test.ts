import { describe, expect, test } from 'vitest'
import { resolveAddressMap } from '../../src/connection/address-map.js'
import { ConfigurationError } from '../../src/errors.js'

const announced = { host: '10.0.0.1', port: 6379 }

test('a table says where announced addresses are dialled; others are dialled as they are', () => {
  const translate = resolveAddressMap({ '10.0.0.1:6379': 'localhost:16379', '[fd00::1]:6379': '[::1]:7' }, 'map')
  expect(translate?.(announced)).toStrictEqual({ host: 'localhost', port: 16379 })
  expect(translate?.({ host: 'fd00::1', port: 6379 })).toStrictEqual({ host: '::1', port: 7 })
  expect(translate?.({ host: '10.0.0.1', port: 6380 })).toStrictEqual({ host: '10.0.0.1', port: 6380 })
})

test('a function is asked each time', () => {
  const translate = resolveAddressMap((address) => (address === '10.0.0.1:6379' ? 'localhost:1' : undefined), 'map')
  expect(translate?.(announced)).toStrictEqual({ host: 'localhost', port: 1 })
  expect(translate?.({ host: 'b', port: 2 })).toStrictEqual({ host: 'b', port: 2 })
})

test('without a map nothing is translated', () => {
  expect(resolveAddressMap(undefined, 'map')).toBeUndefined()
})

describe('what cannot be dialled is a ConfigurationError', () => {
  test.for(['localhost', 'localhost:0', 'localhost:70000', ':1', '', 'a b:1', 7, null])('at its address: %s', (to) => {
    expect(() => resolveAddressMap({ 'a:1': to as string }, 'map')).toThrow(ConfigurationError)
    expect(() => resolveAddressMap({ 'a:1': to as string }, 'map')).toThrow(/^map\['a:1'\]: expected 'host:port'/)
  })

  test('when a function gives it, at the time', () => {
    expect(() => resolveAddressMap(() => 'nowhere', 'map')?.(announced)).toThrow(/^map: expected 'host:port'/)
  })

  test.for([['a:1'], 'a:1', 7, null])('and so is what is no map: %s', (map) => {
    expect(() => resolveAddressMap(map as never, 'map')).toThrow(/^map: expected/)
  })
})

import { describe, expect, test } from 'vitest'
import { parseRedirect } from '../../src/clients/sharded/redirect.js'

const sender = '10.0.0.1:7000'

describe('a redirect', () => {
  test.each([
    ['MOVED 3999 10.0.0.2:6381', { kind: 'MOVED', slot: 3999, to: { host: '10.0.0.2', port: 6381 } }],
    ['ASK 0 node-2.example:6381', { kind: 'ASK', slot: 0, to: { host: 'node-2.example', port: 6381 } }],
    ['MOVED 16383 ::1:6381', { kind: 'MOVED', slot: 16383, to: { host: '::1', port: 6381 } }],
  ])('%s says where to go', (text, redirect) => {
    expect(parseRedirect(text, sender)).toEqual(redirect)
  })

  test.each(['MOVED 1 :6381', 'MOVED 1 ?:6381'])('%s leaves out the host: it is that of the sender', (text) => {
    expect(parseRedirect(text, sender)?.to).toEqual({ host: '10.0.0.1', port: 6381 })
    expect(parseRedirect(text, '[fe80::1]:7000')?.to).toEqual({ host: 'fe80::1', port: 6381 })
  })

  test.each([
    'MOVED 16384 10.0.0.2:6381',
    'MOVED __proto__ 10.0.0.2:6381',
    'MOVED -1 10.0.0.2:6381',
    'MOVED 1.5 10.0.0.2:6381',
    'MOVED 1 10.0.0.2:0',
    'MOVED 1 10.0.0.2:65536',
    'MOVED 1 10.0.0.2',
    'MOVED',
    'TRYAGAIN Multiple keys request during rehashing of slot',
    'ERR MOVED 1 10.0.0.2:6381',
  ])('%s is none', (text) => {
    expect(parseRedirect(text, sender)).toBeUndefined()
  })
})

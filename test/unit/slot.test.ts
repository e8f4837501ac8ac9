import { describe, expect, test } from 'vitest'
import { KeyMaker } from '../../src/keys/key-maker.js'
import { slotOf, tagOf } from '../../src/keys/slot.js'

describe('the slot of a key', () => {
  /** As CLUSTER KEYSLOT of a server answers. */
  test.for([
    ['123456789', 12739],
    ['foo', 12182],
    ['', 0],
    ['ключ', 10303],
    ['{user1000}.following', 3443],
    ['user1000', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
    ['foo{bar}{zap}', 5061],
    ['foo{bar', 15278],
  ] as const)('%o is %i', ([key, slot]) => {
    expect(slotOf(key)).toBe(slot)
  })
})

describe('a tag', () => {
  test('is there for every slot, lies in it and is short', () => {
    for (let slot = 0; slot < 16_384; slot++) {
      const tag = tagOf(slot)
      expect(slotOf(tag)).toBe(slot)
      expect(tag.length).toBeLessThanOrEqual(4)
    }
  })

  test('is always the same', () => {
    expect([tagOf(0), tagOf(12182), tagOf(16_383)]).toStrictEqual(['1bz', 'foo', 'hia'])
  })
})

describe('a key of ours beside a key', () => {
  test.for([
    ['', 'job'],
    ['shop', 'user:{7}:job'],
    ['{shop}', 'job'],
    ['shop', '{'],
    ['shop', 'ключ'],
    ['shop', 7],
  ] as const)('lies in its slot: %o', ([prefix, key]) => {
    const keys = new KeyMaker(prefix, 1)
    expect(slotOf(keys.beside('fence', key))).toBe(slotOf(keys.make(key)))
  })

  test('is named after prefix, version, kind and key', () => {
    expect(new KeyMaker('shop', 2).beside('fence', 'job')).toMatch(/^shop:@2:fence:\{\w{1,4}\}:job$/)
    expect(new KeyMaker('', 1).beside('fence', 'job', 3)).toMatch(/^:@3:fence:\{\w{1,4}\}:job$/)
  })
})

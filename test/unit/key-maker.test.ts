import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeyError } from '../../src/errors.js'
import { matchesGlob } from '../../src/keys/glob.js'
import { slotOf } from '../../src/keys/slot.js'
import { escapePattern, KeyMaker, type Key } from '../../src/keys/key-maker.js'

const keys = new KeyMaker('shop', 3)

describe('the home of a key', () => {
  const own = new KeyMaker('shop', 3, { keyFunction: (key, prefix, version) => `${key}/${prefix}/${version}` })

  test.for<[what: string, maker: KeyMaker]>([
    ['keys of prefix and version', keys],
    ['a prefix with an open brace', new KeyMaker('sh{op', 3)],
    ['keys of a function', own],
  ])('is the key that a helper key stands beside: %s', ([, maker]) => {
    for (const key of ['user:1', 7, '{cart}:lines', 'a:{b}:c', 'line\nbreak']) {
      const made = maker.make(key, 9)
      expect(maker.homeOf(maker.beside('fence', key, 9))).toBe(made)
      expect(maker.homeOf(maker.besideMade('load', made) as string)).toBe(made)
    }
  })

  test('asks a function for no key that is made already, and is the key itself where it takes none', () => {
    const strict = (key: string, prefix: string, version: number): string => {
      if (key.includes('/')) throw new TypeError('made already')
      return `${prefix}/${version}/${key}`
    }
    const maker = new KeyMaker('shop', 3, { keyFunction: strict })
    const made = maker.make('user')
    expect(maker.homeOf(maker.besideMade('load', made) as string)).toBe(made)
    for (const foreign of ['shop:@0:load:{1}:a/b', 'shop:@3:load:{1}:a/b', 'shop:@99999999999999999:load:{1}:a'])
      expect(maker.homeOf(foreign)).toBe(foreign)
  })

  test('is any other key itself, also one that only looks like a helper key', () => {
    for (const made of [
      'shop:3:user',
      'shop:@',
      'shop:@3:load:{1}:user',
      'shop:@x:load:{1}:user',
      'other:@3:tag:{0}:a',
    ])
      expect(keys.homeOf(made)).toBe(made)
  })
})

describe('the name of a helper key', () => {
  test.for<[key: Key, version: number]>([
    ['user', 3],
    ['a:b', 0],
    [7, 12],
  ])('is the same, made of a key as users write it and as the server knows it: %j', ([key, version]) => {
    expect(keys.besideMade('load', keys.make(key, version))).toBe(keys.beside('load', key, version))
  })

  test('matches the pattern of the names for those keys, and no other', () => {
    const name = keys.besideMade('load', keys.make('user:1', 3)) as string
    expect(matchesGlob(keys.besidePattern('load', 'user:*', 3), name)).toBe(true)
    for (const other of [keys.besidePattern('load', 'order:*', 3), keys.besidePattern('load', 'user:*', 4)])
      expect(matchesGlob(other, name)).toBe(false)
  })

  test('has the whole key where a function makes keys, which do not tell their version', () => {
    const own = new KeyMaker('shop', 3, { keyFunction: (key, prefix, version) => `${key}/${prefix}/${version}` })
    const name = own.besideMade('load', own.make('user', 9)) as string
    expect(name).toMatch(/^shop:@0:load:\{\w+\}:user\/shop\/9$/)
    expect(slotOf(name)).toBe(slotOf('user/shop/9'))
    expect(matchesGlob(own.besidePattern('load', 'us*', 9), name)).toBe(true)
  })

  test.for(['shop:@3:load:{x}:user', 'other:3:user', 'shop:x:user', 'shop:'])(
    'is none for what is no key: %s',
    (made) => {
      expect(keys.besideMade('load', made)).toBeUndefined()
    },
  )
})

describe('a key', () => {
  test.for<[made: string, key: Key]>([
    ['shop:3:user', 'user'],
    ['shop:3:a:b', 'a:b'],
    ['shop:3: ', ' '],
    ['shop:3:*?[x]\\', '*?[x]\\'],
    ['shop:3:ключ😀', 'ключ😀'],
    ['shop:3:0', 0],
    ['shop:3:0', -0],
    ['shop:3:7', 7],
    ['shop:3:-7', -7],
    ['shop:3:1.5', 1.5],
  ])('is made as %s: prefix, version, and the key as it is', ([made, key]) => {
    expect(keys.make(key)).toBe(made)
  })

  test('has an empty prefix when there is none', () => {
    expect(new KeyMaker('', 1).make('user')).toBe(':1:user')
  })

  test('takes the version that is asked for, and 0 is one', () => {
    expect(keys.make('user', 9)).toBe('shop:9:user')
    expect(keys.make('user', 0)).toBe('shop:0:user')
    expect(new KeyMaker('', 0).make('user')).toBe(':0:user')
  })

  test.for([
    ['an empty text', ''],
    ['NaN', NaN],
    ['Infinity', Infinity],
    ['a bigint', 1n],
    ['a boolean', true],
    ['null', null],
    ['undefined', undefined],
    ['an object', { secret: 1 }],
    ['an array', ['secret']],
    ['a symbol', Symbol('secret')],
    ['bytes', Buffer.from('secret')],
  ])('that is %s is a KeyError', ([, key]) => {
    expect(() => keys.make(key as Key)).toThrow(KeyError)
    expect(() => keys.make(key as Key)).toThrow(/^A key must be a non-empty string or a finite number, got /)
  })

  test('that is longer than servers take is a KeyError', () => {
    const longest = 'k'.repeat(2 ** 29 - 24)
    expect(() => keys.make(longest)).toThrow(/^A key of 536870888 characters: servers take 512 MiB at most/)
    expect(() => keys.pattern(longest)).toThrow(KeyError)
  })

  test.for(['\ud83d', 'user:\udc00', '\ude00\ud83d', `${'k'.repeat(1_000)}\ud800`])(
    'that has half a surrogate pair is a KeyError, for on the server two such keys are one: %j',
    (half) => {
      expect(Buffer.from(half)).toStrictEqual(Buffer.from(half.replaceAll(/\p{Surrogate}/gu, '\ufffd')))
      const own = new KeyMaker('', 1, { keyFunction: () => half })
      const works = [
        () => keys.make(half),
        () => keys.makeMany(['k', half]),
        () => new KeyMaker(half, 1).makeMany(['k']),
        () => keys.pattern(`${half}*`),
        () => new KeyMaker(half, 1).make('k'),
      ]
      for (const work of [
        ...works,
        () => new KeyMaker(half, 1).pattern('*'),
        () => own.make('k'),
        () => keys.beside('fence', half),
      ])
        // prettier-ignore
        expect(work).toThrow(/^Half a surrogate pair in a key or its prefix/)
    },
  )

  test.for([-1, 1.5, NaN, Infinity, 2 ** 53, '1', null])('of version %s is a KeyError', (version) => {
    expect(() => keys.make('user', version as number)).toThrow(KeyError)
    expect(() => keys.pattern('*', version as number)).toThrow(/^A version must be a whole number from 0 on, got /)
  })

  test('is another one for another key, prefix or version that has no colon', () => {
    const part = fc.string().filter((text) => text !== '' && !text.includes(':'))
    const parts = fc.tuple(part, fc.nat(), part)
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const [made, madeOther] = [one, other].map(([prefix, version, key]) => new KeyMaker(prefix, version).make(key))
        expect(made === madeOther).toBe(isDeepStrictEqual(one, other))
      }),
    )
  })
})

describe('a pattern', () => {
  test('leaves what is asked for as it is', () => {
    expect(keys.pattern('u?[ab]*')).toBe('shop:3:u?[ab]*')
    expect(keys.pattern('*', 0)).toBe('shop:0:*')
  })

  test('has prefix and version as Python writes them: in brackets what has a meaning, and a backslash doubled', () => {
    expect(escapePattern('a*b?[c]\\d^-')).toBe('a[*]b[?][[]c]\\\\d^-')
  })
})

describe('the way back', () => {
  test('is the text behind prefix and version, whatever they hold', () => {
    for (const prefix of ['', 'shop', 'a:b', '*'])
      for (const key of ['user', 'a:b', ':', '1:2:3'])
        expect(new KeyMaker(prefix, 3).reverse(new KeyMaker(prefix, 3).make(key, 10), 10)).toBe(key)
  })

  test('is the own one of own keys, and an error that names it when there is none', () => {
    const keyFunction = (key: string, prefix: string, version: number): string => `${version}|${prefix}|${key}`
    const reverseKeyFunction = (made: string, prefix: string, version: number): string =>
      made.slice(`${version}|${prefix}|`.length)
    const both = new KeyMaker('p', 3, { keyFunction, reverseKeyFunction })
    expect(both.reverse(both.make('a|b'))).toBe('a|b')
    expect(both.reverse(both.make('a', 10), 10)).toBe('a')
    const one = new KeyMaker('p', 3, { keyFunction })
    expect(() => one.reverse(one.make('a'))).toThrow(/^reverseKeyFunction: /)
  })
})

describe('a key function of your own', () => {
  const seen: unknown[] = []
  const own = new KeyMaker('p*', 3, {
    keyFunction: (...parts) => {
      seen.push(parts)
      return parts.join('/')
    },
  })

  test('gets key, prefix and version; for patterns the pattern and the prefix escaped', () => {
    expect([own.make('k'), own.make(7, 0), own.pattern('k*')]).toStrictEqual(['k/p*/3', '7/p*/0', 'k*/p[*]/3'])
    expect(seen).toStrictEqual([
      ['k', 'p*', 3],
      ['7', 'p*', 0],
      ['k*', 'p[*]', 3],
    ])
  })

  test('is asked for keys and versions that are some only', () => {
    expect(() => own.make('')).toThrow(KeyError)
    expect(() => own.make('k', -1)).toThrow(KeyError)
  })

  test.for(['', undefined, 5, null])('that gives %o is a KeyError', (made) => {
    const broken = new KeyMaker('', 1, { keyFunction: () => made as string })
    expect(() => broken.make('k')).toThrow(KeyError)
    expect(() => broken.pattern('*')).toThrow(/^keyFunction must give a non-empty string/)
  })
})

test('helper keys have a pattern that no key of a user fits', () => {
  expect(new KeyMaker('a*', 3).helperPattern()).toBe('a[*]:@3:*')
  expect(new KeyMaker('', 3).helperPattern(0)).toBe(':@0:*')
})

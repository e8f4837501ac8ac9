import { describe, expect, test } from 'vitest'
import { chooseSource, type Choice } from '../../src/cli/target/source.js'

const nothing: Choice['given'] = {
  config: undefined,
  django: undefined,
  location: undefined,
  sentinels: undefined,
  service: undefined,
}
const choose = (
  given: Partial<Choice['given']>,
  { env = {}, files = [] }: { env?: Choice['env']; files?: readonly string[] } = {},
) => chooseSource({ given: { ...nothing, ...given }, env, exists: (file) => files.includes(file) })

describe('the options come from', () => {
  test('--config, before a file of the folder and the environment', () => {
    const around = { files: ['valkey-cache.config.mjs'], env: { VALKEY_CACHE_LOCATION: 'valkey://other' } }
    expect(choose({ config: 'mine.mjs' }, around)).toEqual({ kind: 'module', file: 'mine.mjs' })
  })

  test('--django', () => {
    expect(choose({ django: 'settings.json' })).toEqual({ kind: 'django', file: 'settings.json' })
  })

  test('the usual file of the folder, before the environment', () => {
    const env = { VALKEY_CACHE_LOCATION: 'valkey://other' }
    expect(choose({}, { env, files: ['valkey-cache.config.js'] })).toMatchObject({ file: 'valkey-cache.config.js' })
    const both = ['valkey-cache.config.js', 'valkey-cache.config.mjs']
    expect(choose({}, { files: both })).toMatchObject({ file: 'valkey-cache.config.mjs' })
  })

  test('addresses on the command line, with the password of the environment', () => {
    const env = { VALKEY_CACHE_PASSWORD: 'secret', VALKEY_CACHE_LOCATION: 'valkey://other' }
    const options = { location: 'valkey://shop/0', client: 'sentinel', sentinels: 'a:1,b:2', password: 'secret' }
    expect(choose({ sentinels: 'a:1,b:2', service: 'shop' }, { env })).toMatchObject({ kind: 'addresses', options })
  })

  test('the environment', () => {
    const env = { VALKEY_CACHE_SENTINELS: 'a:1', VALKEY_CACHE_SERVICE: 'My shop', VALKEY_CACHE_PASSWORD: 'secret' }
    const options = { location: 'valkey://My%20shop/0', client: 'sentinel', sentinels: 'a:1', password: 'secret' }
    expect(choose({}, { env })).toMatchObject({ kind: 'addresses', options })
    expect(choose({}, { env: { VALKEY_CACHE_LOCATION: 'valkey://a' } })).toMatchObject({
      options: { location: 'valkey://a' },
    })
  })
})

describe('it is an error that says what to do', () => {
  test.for([
    [{}, {}, /--config FILE.*VALKEY_CACHE_LOCATION/],
    [{ config: 'a', django: 'b' }, {}, /give one of/],
    [{ config: 'a', location: 'valkey://b' }, {}, /give one of/],
    [{ location: 'valkey://b', service: 'c', sentinels: 'd:1' }, {}, /--service: names the service/],
    [{ service: 'c' }, {}, /--service: needs the sentinels/],
    [{ sentinels: 'd:1' }, {}, /--sentinels: .*--service/],
    [{}, { VALKEY_CACHE_SENTINELS: 'd:1' }, /VALKEY_CACHE_SENTINELS: .*VALKEY_CACHE_SERVICE/],
  ] as const)('%o %o', ([given, env, message]) => {
    expect(() => choose(given, { env })).toThrow(message)
  })

  test.for([
    { location: 'valkey://user:hunter2@host' },
    { location: 'valkey://:hunter2/x@host' },
    { location: 'valkey://:hunter2@x@host:1,valkey://host:2' },
    { location: 'valkey://host:1,valkey://:hunter2@host:2' },
    { location: 'user:hunter2@host' },
    { location: 'unix://:hunter2@/path' },
    { sentinels: 'host:1,user:hunter2@host:2', service: 'shop' },
    { sentinels: 'user:hunter2,x@host:1', service: 'shop' },
  ])('a password in the arguments, which is not repeated: %o', (given) => {
    expect(() => choose(given)).toThrow(/VALKEY_CACHE_PASSWORD/)
    expect(() => choose(given)).not.toThrow(/hunter2/)
  })

  test.for(['valkey://user@host:1', 'valkey://user@[::1]:1,valkey://user@[::2]:1', 'unix:///a:b'])(
    'a user and ports in the arguments are fine: %s',
    (location) => expect(choose({ location })).toMatchObject({ options: { location } }),
  )

  test('so are users and ports of sentinels', () => {
    const sentinels = 'a:26379,user@b:26379'
    expect(choose({ sentinels, service: 'shop' })).toMatchObject({ options: { sentinels } })
  })
})

import { copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect } from 'vitest'
import type { TlsOptions } from '../../src/connection/options.js'
import { TlsFiles } from '../../src/connection/tls-files.js'
import { ConfigurationError, createCaches, type Cache } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { test as base } from '../support/caches.js'
import { makeAuthority, makeCertificate, makeEncryptedKey, type Certificate } from '../support/certificates.js'
import { rejection } from '../support/rejection.js'
import { startTlsServer, type TlsServer } from '../support/tls-server.js'

/** A server that wants a certificate of its clients. */
interface Demanding extends TlsServer {
  readonly authority: Certificate
  /** Signed by the authority that the server trusts, and so is the second one. */
  readonly first: Certificate
  readonly second: Certificate
  /** Signed by another. */
  readonly foreign: Certificate
}

const test = base
  .extend('demanding', { scope: 'file' }, async ({ lab }): Promise<Demanding> => {
    const [authority, other] = [await makeAuthority(lab.folder, 'own'), await makeAuthority(lab.folder, 'other')]
    const certificate = await makeCertificate(lab.folder, authority, 'IP:127.0.0.1')
    const first = await makeCertificate(lab.folder, authority, 'DNS:first')
    const second = await makeCertificate(lab.folder, authority, 'DNS:second')
    const foreign = await makeCertificate(lab.folder, other, 'DNS:foreign')
    const wants = { 'tls-auth-clients': 'yes', 'tls-ca-cert-file': authority.certFile }
    return { ...(await startTlsServer(lab, certificate, wants)), authority, first, second, foreign }
  })
  .extend('cacheWith', ({ demanding, make }) => (tls: TlsOptions): Cache => {
    const ca = demanding.authority.certFile
    const location = `valkeys://127.0.0.1:${demanding.secure.port}`
    return make({ cache: { location, tls: { ca, ...tls } } }).cache
  })
  /** Files that the test writes, and reads as the options of a cache. */
  .extend('files', async ({ lab, task }) => {
    const [cert, key] = ['crt', 'key'].map((end) => join(lab.folder, `${task.id}.${end}`)) as [string, string]
    const hold = async ({ certFile, keyFile }: Certificate): Promise<void> => {
      await copyFile(keyFile, key)
      await copyFile(certFile, cert)
    }
    return { cert, key, hold }
  })

describe('a certificate of ours', () => {
  test('may be PEM or a path, and its key as well', async ({ demanding: { first }, cacheWith }) => {
    for (const { cert, key } of [
      { cert: first.cert, key: first.key },
      { cert: first.certFile, key: first.keyFile },
      { cert: Buffer.from(first.cert), key: first.keyFile },
    ]) {
      await cacheWith({ cert, key }).ping()
    }
  })

  test('may have its key in its own file', async ({ demanding: { first }, files, cacheWith }) => {
    await writeFile(files.cert, first.cert + first.key)
    await cacheWith({ cert: files.cert }).ping()
    await cacheWith({ cert: [files.cert] }).ping()
  })

  test('may have its key in an engine, which node:tls asks', async ({ demanding: { first } }) => {
    const inEngine = { cert: first.cert, privateKeyIdentifier: 'key-1', privateKeyEngine: 'pkcs11' }
    expect(new TlsFiles(inEngine).current).toMatchObject(inEngine)
  })

  test('that the server asks for and does not get is an error that says so', async ({ cacheWith }) => {
    const { error } = await rejection(cacheWith({}).ping())
    expect((error as Error).message).toMatch(/certificate required.* give tls\.cert and tls\.key|closed|RESET|EPIPE/)
  })

  test('that the server does not trust is an error that says so', async ({ demanding: { foreign }, cacheWith }) => {
    const { error } = await rejection(cacheWith({ cert: foreign.certFile, key: foreign.keyFile }).ping())
    expect((error as Error).message).toMatch(/unknown ca.* it refuses the certificate in tls\.cert|closed|RESET|EPIPE/)
  })
})

describe('a certificate whose file changes', () => {
  test('is used for the next connection, without a restart', async ({ demanding, files, cacheWith }) => {
    await files.hold(demanding.foreign)
    const cache = cacheWith({ cert: files.cert, key: files.key })
    await rejection(cache.ping())
    await files.hold(demanding.first)
    await eventually(() =>
      cache.ping().then(
        () => true,
        () => false,
      ),
    )
  })

  test('is not used before its key has changed too, and the one before goes on', async ({ demanding, files }) => {
    const { first, second } = demanding
    const problems: string[] = []
    const read = new TlsFiles({ cert: files.cert, key: files.key }, (problem) => problems.push(problem))
    await files.hold(first)
    expect(read.current).toMatchObject({ cert: first.cert, key: first.key })
    await copyFile(second.certFile, files.cert)
    expect(read.current).toMatchObject({ cert: first.cert, key: first.key })
    expect(problems).toStrictEqual([
      expect.stringMatching(/^tls\.key: does not belong to the certificate in tls\.cert/),
    ])
    await copyFile(second.keyFile, files.key)
    expect(read.current).toMatchObject({ cert: second.cert, key: second.key })
    await rm(files.cert)
    expect(read.current).toMatchObject({ cert: second.cert, key: second.key })
    expect(problems).toHaveLength(2)
  })

  test('that stands in a list is not used before it fits either', async ({ demanding: { first, second }, files }) => {
    const problems: string[] = []
    const read = new TlsFiles({ cert: [files.cert], key: [files.key] }, (problem) => problems.push(problem))
    await files.hold(first)
    expect(read.current).toMatchObject({ cert: [first.cert], key: [first.key] })
    await copyFile(second.certFile, files.cert)
    expect(read.current).toMatchObject({ cert: [first.cert] })
    expect(problems).toStrictEqual([expect.stringMatching(/^tls: node:tls refuses it: .*mismatch/i)])
    await copyFile(second.keyFile, files.key)
    expect(read.current).toMatchObject({ cert: [second.cert], key: [second.key] })
  })

  test('and cannot be used warns the operator, while connections are opened as before', async ({
    demanding,
    files,
    cacheWith,
    onTestFinished,
  }) => {
    const codes: unknown[] = []
    const listen = (warning: Error & { code?: string }): unknown => codes.push(warning.code)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))
    await files.hold(demanding.first)
    const cache = cacheWith({ cert: files.cert, key: files.key })
    await cache.ping()
    await writeFile(files.cert, 'half of a certi')
    await cache.use((own) => own.command(['PING']))
    await eventually(() => codes.includes('VALKEY_CACHE_CERTIFICATE'))
  })
})

describe('a ConfigurationError says what to do about', () => {
  const cases: readonly (readonly [
    what: string,
    option: string,
    tls: (of: Demanding & { encrypted: string; folder: string }) => TlsOptions,
    problem: RegExp,
  ])[] = [
    [
      'a certificate without its key',
      'cert',
      ({ first }) => ({ cert: first.cert }),
      /needs its key beside it, in .*tls\.key/,
    ],
    ['a key without its certificate', 'key', ({ first }) => ({ key: first.key }), /needs the certificate .*tls\.cert/],
    [
      'a key of another certificate',
      'key',
      ({ first, second }) => ({ cert: first.certFile, key: second.keyFile }),
      /does not belong to the certificate in .*tls\.cert/,
    ],
    [
      'a certificate that is not there',
      'cert',
      ({ first }) => ({ cert: '/no/such.crt', key: first.key }),
      /cannot read the file '\/no\/such\.crt'/,
    ],
    ['a folder', 'cert', ({ first, folder }) => ({ cert: folder, key: first.key }), /cannot read the file/],
    ['a key that is not there', 'key', ({ first }) => ({ cert: first.cert, key: '/no/such.key' }), /no file .*ENOENT/],
    ['a file without PEM', 'cert', ({ first }) => ({ cert: '/etc/passwd', key: first.key }), /holds no certificate/],
    ['a key without PEM', 'key', ({ first }) => ({ cert: first.cert, key: '/etc/passwd' }), /holds no private key/],
    ['an authority that is not there', 'ca', () => ({ ca: ['/no/such.crt'] }), /cannot read the file/],
    ['an authority that is none', 'ca', ({ first }) => ({ ca: first.keyFile }), /holds no certificate/],
    [
      'an encrypted key without its passphrase',
      'key',
      ({ first, encrypted }) => ({ cert: first.cert, key: encrypted }),
      /is encrypted, and there is no passphrase/,
    ],
    [
      'an encrypted key with another passphrase',
      'key',
      ({ first, encrypted }) => ({ cert: first.cert, key: encrypted, passphrase: 'not-this' }),
      /is encrypted, and the passphrase is another/,
    ],
  ]

  test.for(cases)('%s', async ([, option, tlsOf, problem], { demanding, lab }) => {
    const encrypted = await makeEncryptedKey(demanding.first, 's3cret')
    const tls = tlsOf({ ...demanding, encrypted, folder: lab.folder })
    const sentinels = ['127.0.0.1:1']
    for (const [options, path] of [
      [{ location: 'valkeys://127.0.0.1', tls }, `caches.cache.tls.${option}`],
      [
        { location: 'valkey://service', sentinels, sentinelOptions: { tls } },
        `caches.cache.sentinelOptions.tls.${option}`,
      ],
    ] as const) {
      const error = thrownBy(() => createCaches({ cache: options }))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ path, message: expect.stringMatching(problem) as string })
      expect(inspect(error)).not.toMatch(/PRIVATE KEY|not-this|s3cret/)
    }
  })

  test('options that node:tls refuses, without what they hold', async ({ demanding: { first, second } }) => {
    const refused: readonly unknown[] = [
      { cert: [first.cert], key: [second.key] },
      { cert: first.cert, key: { pem: first.key } },
      { cert: first.cert, key: [first.key], passphrase: 271828 },
      { minVersion: 'TLSv9' },
    ]
    for (const tls of refused) {
      const error = thrownBy(() => createCaches({ cache: { location: 'valkeys://h', tls: tls as TlsOptions } }))
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(error).toMatchObject({ path: 'caches.cache.tls' })
      expect(inspect(error)).not.toMatch(/PRIVATE KEY|271828/)
    }
  })

  test('a text that is no file, which may be a key, without it', async ({ demanding: { first } }) => {
    const tls = { cert: first.cert, key: 'MIGHAgEAMBMGByqGSM49-secret' }
    const error = thrownBy(() => createCaches({ cache: { location: 'valkeys://h', tls } }))
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(inspect(error)).not.toContain('MIGHAgEAMBMGByqGSM49')
  })
})

function thrownBy(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('an error was expected')
}

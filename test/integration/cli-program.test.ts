import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { at, test as base } from '../support/caches.js'

const program = join(import.meta.dirname, '../../dist/cli/main.js')

const test = base
  // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
  .extend('folder', async ({}, { onCleanup }) => {
    const folder = await mkdtemp(join(tmpdir(), 'valkey-cache-cli-'))
    onCleanup(() => rm(folder, { recursive: true }))
    return folder
  })
  /** Starts the program as it is installed. */
  .extend(
    'start',
    // oxlint-disable-next-line no-empty-pattern -- vitest reads a fixture's needs from this pattern
    ({}, { onCleanup }) => {
      const started: ChildProcess[] = []
      onCleanup(() => started.forEach((child) => child.kill('SIGKILL')))
      return (args: readonly string[]): ReturnType<typeof spawnProgram> => {
        const child = spawnProgram(args)
        started.push(child)
        return child
      }
    },
  )

function spawnProgram(args: readonly string[]) {
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
}

test('whoever reads the output may have enough of it', async ({ server, cache, start }) => {
  await cache.setMany(Array.from({ length: 20_000 }, (_, n): [string, number] => [`key ${n} ${'x'.repeat(50)}`, n]))
  const child = start(['keys', '--limit', '20000', '--location', at(server)])
  const errors = text(child.stderr)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code, signal] = (await once(child, 'exit')) as [unknown, unknown]
  expect([code, signal, await errors]).toEqual([0, null, ''])
})

test.for(['SIGINT', 'SIGTERM'] as const)(
  'status --watch writes plain screens where there is no terminal, and ends with its code by %s',
  async (signal, { server, start }) => {
    const child = start(['status', '--watch', '--location', at(server)])
    let out = ''
    child.stdout.setEncoding('utf8').on('data', (shown: string) => (out += shown))
    await eventually(() => out.includes('steady'))
    child.kill(signal)
    expect(await once(child, 'exit')).toEqual([0, null])
    for (const unfit of ['\u001b', 'q quits']) expect(out).not.toContain(unfit)
  },
)

test('what waits for a server ends by a signal, as programs do', async ({ far, start, folder }) => {
  const file = join(folder, 'valkey-cache.config.mjs')
  await writeFile(file, `export default { default: { location: '${at(far)}', readDeadline: '10m' } }`)
  far.pause()
  const child = start(['get', 'a', '--config', file])
  await eventually(() => far.proxy.accepted > 0)
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([null, 'SIGINT'])
})

test('what a configuration prints, when it is loaded and later, goes to stderr', async ({ server, start, folder }) => {
  const file = join(folder, 'loud.mjs')
  const password = "() => (process.stdout.write('password is asked for\\n'), '')"
  await writeFile(
    file,
    `console.log('loads'); export default { default: { location: '${at(server)}', password: ${password} } }`,
  )
  const child = start(['keys', '--json', '--config', file])
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  expect([code, out, errors]).toEqual([0, '[]\n', expect.stringMatching(/^loads\n(password is asked for\n)+$/)])
})

test('output that cannot be written is told, and is no success', async ({ server }) => {
  const output = await open(program, 'r')
  const args = [program, 'status', '--location', at(server)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', output.fd, 'pipe'] })
  const [errors, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit') as Promise<[unknown]>])
  await output.close()
  expect([code, errors]).toEqual([2, expect.stringMatching(/the output cannot be written: EBADF/)])
})

test.for([
  ['hunter2', /cannot be read: ReferenceError at file:\S+wrong\.mjs:2$/m],
  ["'abc'hunter2'", /cannot be read: SyntaxError(; node --check \S+wrong\.mjs says where| at file:\S+wrong\.mjs:2)$/m],
  ["JSON.parse('hunter2')", /cannot be read: SyntaxError at file:\S+wrong\.mjs:2$/m],
] as const)(
  'a password that breaks the configuration is not shown: %s',
  async ([password, said], { start, folder }) => {
    const file = join(folder, 'wrong.mjs')
    await writeFile(file, `export default {\n  default: { location: 'valkey://a', password: ${password} } }`)
    const child = start(['status', '--config', file])
    const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'close') as Promise<[unknown]>])
    expect([code, errors]).toEqual([2, expect.stringMatching(said)])
    expect(errors).not.toContain('hunter2')
  },
)

test.for([
  ['is never there', 'export default await new Promise(() => {})'],
  ['ends the process', 'process.exit(0)'],
  ['leaves a rejection', "void Promise.reject(new Error('lost'))\nexport default {}"],
] as const)('a configuration that %s cannot be read', async ([, source], { folder, start }) => {
  const file = join(folder, 'unfit.mjs')
  await writeFile(file, source)
  const child = start(['status', '--config', file])
  const told = text(child.stderr)
  expect(await once(child, 'exit')).toEqual([2, null])
  expect(await told).toContain('the process ended before the command did')
})

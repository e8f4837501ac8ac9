import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CommandError, CommandTimeoutError } from '../../src/errors.js'
import { eventually, LabError, startLab, startTraffic, type Lab, type LabServer } from '../../src/lab/index.js'
import { findBinaries, readBinaries } from '../../src/lab/server/binaries.js'
import { Watchdog } from '../../src/lab/server/watchdog.js'
import { hasten } from '../support/sentinel-log.js'

let lab: Lab

beforeAll(async () => {
  lab = await startLab()
})

afterAll(() => lab.stop())

describe('a server of the lab', () => {
  test('answers on a loopback port below those of outgoing connections', async () => {
    const server = await lab.server({ config: { maxmemory: '10mb' }, args: ['--maxmemory-policy', 'allkeys-lru'] })
    expect(await server.command('PING')).toBe('PONG')
    expect(server.address).toBe(`127.0.0.1:${server.port}`)
    expect(server.port).toBeLessThan(32_768)
    expect(await setting(server, 'maxmemory')).toBe(String(10 * 1024 * 1024))
    expect(await setting(server, 'maxmemory-policy')).toBe('allkeys-lru')
    expect(await setting(server, 'databases')).toBe('16')
    expect(await setting(server, 'save')).toBe('')
    expect(server.log()).toContain('Ready to accept connections')
  })

  test('gives replies as text and the errors of the server as they are', async () => {
    const server = await lab.server()
    await server.command('SET', 'n', 1)
    expect(await server.command('INCR', 'n')).toBe(2)
    expect(await server.command('GET', 'n')).toBe('2')
    await expect(server.command('LPUSH', 'n', 'x')).rejects.toBeInstanceOf(CommandError)
  })

  test('can be reached when it asks for a password', async () => {
    const server = await lab.server({ config: { requirepass: 'secret' } })
    expect(await server.command('PING')).toBe('PONG')
  })

  test('is gone after kill, and comes back empty on the same port', async () => {
    const server = await lab.server()
    const pid = server.pid as number
    await server.command('SET', 'k', 'v')
    await server.kill()
    expect(server).toMatchObject({ state: 'stopped', pid: undefined })
    expect(isAlive(pid)).toBe(false)
    await expect(server.command('PING')).rejects.toThrow(/ECONNREFUSED/)
    const { address } = server
    await server.restart()
    expect(server).toMatchObject({ state: 'running', address })
    expect(await server.command('GET', 'k')).toBeNull()
    expect(server.pid).not.toBe(pid)
  })

  test('answers nothing while it is paused, and everything after', async () => {
    const server = await lab.server()
    await server.command('SET', 'k', 'v')
    server.pause()
    await expect(server.ask(['PING'], 100)).rejects.toBeInstanceOf(CommandTimeoutError)
    expect(server.state).toBe('paused')
    server.resume()
    expect(await server.command('GET', 'k')).toBe('v')
  })

  test('that is paused can be killed, restarted and stopped', async () => {
    const server = await lab.server()
    server.pause()
    await server.kill()
    expect(server.state).toBe('stopped')
    await server.restart()
    server.pause()
    await server.restart()
    expect(await server.command('PING')).toBe('PONG')
    server.pause()
    await server.stop()
    expect(server.state).toBe('stopped')
    expect(server.log()).toContain('ready to exit')
  })

  test('that ends by itself is known to be stopped', async () => {
    const server = await lab.server()
    await server.command('SHUTDOWN', 'NOSAVE').catch(() => {})
    await eventually(() => server.state === 'stopped')
  })

  test('that cannot start is an error which quotes its log', async () => {
    const failing = lab.server({ config: { 'no-such-setting': '1' } })
    await expect(failing).rejects.toThrow(LabError)
    await expect(failing).rejects.toThrow(/did not start on 127\.0\.0\.1:\d+:\n[^]*no-such-setting/)
  })
})

describe('a group of the lab', () => {
  test('starts settled: one primary, linked replicas, sentinels that know everybody', async () => {
    const group = await lab.group()
    const primary = await group.primary()
    expect(primary).toBe(group.nodes[0])
    expect(await group.replicas()).toEqual(group.nodes.slice(1))
    expect(group.location).toBe('valkey://mymaster/0')
    expect(group.sentinelAddresses).toEqual(group.sentinels.map(({ port }) => ['127.0.0.1', port]))
    await primary.command('SET', 'k', 'v')
    for (const replica of await group.replicas())
      await eventually(async () => (await replica.command('GET', 'k')) === 'v')
    for (const sentinel of group.sentinels) {
      const view = (await sentinel.command('SENTINEL', 'MASTER', 'mymaster')) as Map<string, string>
      expect(Object.fromEntries(view)).toMatchObject({
        flags: 'master',
        'num-slaves': '2',
        'num-other-sentinels': '2',
        'down-after-milliseconds': '1000',
      })
    }
  })

  test('fails over when asked, and settles with the old primary as a replica', async () => {
    const group = await lab.group({ serviceName: 'Cache.One', replicas: 1 })
    const before = await group.primary()
    const after = await group.failover()
    expect(after).not.toBe(before)
    expect(await group.primary()).toBe(after)
    await hasten(group.sentinels, { info: 100, publish: 250 })
    await group.settled()
    expect(await group.replicas()).toEqual([before])
    expect(await before.command('ROLE')).toMatchObject([
      'slave',
      '127.0.0.1',
      after.port,
      'connected',
      expect.any(Number),
    ])
  })

  test('fails over by itself when the primary is killed, and says when the address changed', async () => {
    const group = await lab.group()
    const before = await group.primary()
    const changed = group.addressChanged(before.address)
    const killedAt = performance.now()
    await before.kill()
    const { address, at } = await changed
    expect(at - killedAt).toBeGreaterThan(1_000)
    await group.settled()
    expect((await group.primary()).address).toBe(address)
    expect(await group.replicas()).toHaveLength(1)
  })

  test('is watched by the sentinels that are left when one is frozen', async () => {
    const group = await lab.group()
    const before = await group.primary()
    group.sentinels[0]?.pause()
    const changed = group.addressChanged(before.address)
    before.pause()
    const { address } = await changed
    expect(address).not.toBe(before.address)
    expect((await group.primary()).address).toBe(address)
  })

  test('works with passwords, of the nodes and of the sentinels', async () => {
    const group = await lab.group({ config: { requirepass: 'node' }, sentinelConfig: { requirepass: 'sentinel' } })
    expect(await group.failover()).not.toBe(group.nodes[0])
  })

  test('without sentinels is a primary with replicas, and its location lists them', async () => {
    const group = await lab.group({ sentinels: 0 })
    expect(await group.primary()).toBe(group.nodes[0])
    expect(await group.replicas()).toHaveLength(2)
    expect(group.location.split(',')).toEqual(group.nodes.map(({ address }) => `valkey://${address}/0`))
  })

  test('gives traffic the gap that a killed server leaves', async () => {
    const server = await lab.server()
    const traffic = startTraffic({ rate: 200, operation: () => server.command('PING') })
    await eventually(() => traffic.succeeded >= 20)
    const killedAt = traffic.mark()
    await server.kill()
    // Not those that were on their way: for these 20 the server was away, 5 ms apart.
    await eventually(() => (traffic.report().failures.get('E_CONNECTION') ?? 0) >= 20)
    await server.restart()
    const restartedAt = traffic.mark()
    await eventually(() => traffic.report().firstSuccessAfter(restartedAt) !== undefined)
    const report = await traffic.stop()
    expect(report).toMatchObject({ unsettled: 0, issued: report.succeeded + report.failed })
    expect(report.longestGapSince(killedAt)).toBeGreaterThanOrEqual(90)
  })
})

describe('a lab', () => {
  test('leaves no process and no folder when it stops, whatever state its servers are in', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-test-'))
    const own = await startLab({ folder })
    const group = await own.group()
    const standalone = await own.server()
    const pids = [...group.nodes, ...group.sentinels, standalone].map(({ pid }) => pid as number)
    expect(pids.every(isAlive)).toBe(true)
    standalone.pause()
    await group.nodes[1]?.kill()
    await own.stop()
    await own.stop()
    expect(pids.filter(isAlive)).toEqual([])
    expect(await readdir(folder)).toEqual([])
    await expect(own.server()).rejects.toThrow(LabError)
    await rm(folder, { recursive: true })
  })

  test('stops at the end of its block', async () => {
    let server: LabServer
    {
      await using own = await startLab()
      server = await own.server()
    }
    expect(server.state).toBe('stopped')
  })

  test('has a watchdog that leaves alone what it was told to forget', async () => {
    const watchdog = new Watchdog(await mkdtemp(join(tmpdir(), 'lab-test-')))
    const sleepers = Array.from({ length: 4 }, () => spawn('sleep', ['60'], { stdio: 'ignore' }))
    const [first, forgotten, third, last] = sleepers.map(({ pid }) => pid as number) as [number, number, number, number]
    for (const pid of [first, forgotten, third, last]) watchdog.add(pid)
    watchdog.forget(forgotten)
    await watchdog.stop()
    await eventually(() => ![first, third, last].some(isAlive))
    expect(isAlive(forgotten)).toBe(true)
    process.kill(forgotten, 'SIGKILL')
  })

  test('takes Valkey where there is one, else Redis, and only with its sentinel', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-test-'))
    const install = (name: string): Promise<void> => writeFile(join(folder, name), '', { mode: 0o755 })
    await install('redis-server')
    await install('redis-sentinel')
    await install('valkey-server')
    expect(findBinaries(`/nowhere:${folder}`, '').name).toBe('redis')
    await install('valkey-sentinel')
    expect(findBinaries(`/nowhere:${folder}`, '')).toEqual({
      name: 'valkey',
      server: join(folder, 'valkey-server'),
      sentinel: join(folder, 'valkey-sentinel'),
    })
    expect(findBinaries(`/nowhere:${folder}`, 'redis').name).toBe('redis')
    await rm(folder, { recursive: true })
  })

  test('says how to get the servers when there are none on PATH', () => {
    expect(() => findBinaries('/nowhere', '')).toThrow(LabError)
    expect(() => findBinaries('/nowhere', '')).toThrow(
      /apt-get install valkey-server valkey-sentinel; macOS: brew install/,
    )
  })

  test('starts the programs that it is given, whatever their names', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lab-test-'))
    const { name, server } = findBinaries()
    const build = async (program: string): Promise<string> => {
      const file = join(folder, program)
      await writeFile(file, `#!/bin/sh\necho "$1" >> '${file}-ran'\nexec '${server}' "$@"\n`, { mode: 0o755 })
      return file
    }
    const [own, other] = [await build('own'), await build('other')]
    await using lab = await startLab({ binaries: { server: own, sentinel: relative(process.cwd(), other) } })
    expect(lab.software).toBe(name)
    const group = await lab.group({ replicas: 1, sentinels: 1 })
    expect(await group.sentinels[0]?.command('ROLE')).toEqual(['sentinel', [group.serviceName]])
    for (const file of [own, other]) expect(readFileSync(`${file}-ran`, 'utf8')).toContain('/server.conf\n')
    await rm(folder, { recursive: true })
  })

  test('says which of the programs that it is given cannot be run', () => {
    const { server, sentinel } = findBinaries()
    expect(() => readBinaries({ server: '/nowhere/a', sentinel })).toThrow(
      /^binaries\.server: \/nowhere\/a is not a program/,
    )
    expect(() => readBinaries({ server, sentinel: '/nowhere/b' })).toThrow(/^binaries\.sentinel: \/nowhere\/b is not/)
    expect(() => readBinaries({ server: '/bin/sh', sentinel })).toThrow(LabError)
  })

  test.each([
    [
      'startLab({ fooder: 1 })',
      () => startLab(given({ fooder: 1 })),
      'startLab.fooder: unknown option; known are folder, binaries.',
    ],
    ['server({ confg: 1 })', () => lab.server(given({ confg: 1 })), 'server.confg: unknown option; known are config, '],
    [
      'group({ replica: 1 })',
      () => lab.group(given({ replica: 1 })),
      'group.replica: unknown option; known are serviceName, ',
    ],
    [
      'cluster({ shard: 1 })',
      () => lab.cluster(given({ shard: 1 })),
      'cluster.shard: unknown option; known are shards, ',
    ],
    [
      'group({ replicas: -1 })',
      () => lab.group({ replicas: -1 }),
      'group.replicas: expected a whole number of at least 0, got -1.',
    ],
    [
      'group({ sentinels: 0.5 })',
      () => lab.group({ sentinels: 0.5 }),
      'group.sentinels: expected a whole number of at least 0, got 0.5.',
    ],
    [
      'group({ quorum: 0 })',
      () => lab.group({ quorum: 0 }),
      'group.quorum: expected a whole number of at least 1, got 0.',
    ],
    [
      'cluster({ shards: 0 })',
      () => lab.cluster({ shards: 0 }),
      'cluster.shards: expected a whole number of at least 1, got 0.',
    ],
    [
      'cluster({ replicas: -1 })',
      () => lab.cluster({ replicas: -1 }),
      'cluster.replicas: expected a whole number of at least 0, got -1.',
    ],
    [
      'binaries: { srv: 1 }',
      () => startLab({ binaries: given({ srv: 1 }) }),
      'binaries.srv: unknown option; known are server, sentinel.',
    ],
    ['binaries: {}', () => startLab({ binaries: given({}) }), 'binaries.server: undefined is not a program'],
  ])('refuses options that it does not know, and counts that cannot be: %s', async (_, start, problem) => {
    const error: unknown = await start().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(LabError)
    expect(String(error)).toContain(problem)
  })

  test.concurrent('never keeps a program alive: it ends by itself, and everything with it', async () => {
    const child = await labChild('end')
    expect(await child.ended).toEqual([0, null])
    await nothingIsLeft(child)
  })

  test.concurrent.for([
    ['exit', 3],
    ['throw', 1],
  ] as const)('leaves nothing when a program ends by %s', async ([ending, code]) => {
    const child = await labChild(ending)
    expect(await child.ended).toEqual([code, null])
    await nothingIsLeft(child)
  })

  test.concurrent.for(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'] as const)(
    'leaves nothing when a program is ended by %s',
    async (signal) => {
      const child = await labChild('wait')
      expect(child.pids.every(isAlive)).toBe(true)
      child.process.kill(signal)
      expect(await child.ended).toEqual([null, signal])
      await nothingIsLeft(child)
    },
  )
})

interface LabChild {
  readonly process: ChildProcess
  readonly ended: Promise<unknown[]>
  readonly pids: readonly number[]
  readonly folder: string
}

async function labChild(ending: string): Promise<LabChild> {
  const program = join(import.meta.dirname, '../support/lab-child.ts')
  const child = spawn(process.execPath, ['--import', 'tsx', program, ending], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = once(child, 'exit')
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { process: child, ended, ...(JSON.parse(line) as { pids: number[]; folder: string }) }
}

async function nothingIsLeft({ pids, folder }: LabChild): Promise<void> {
  expect(pids).toHaveLength(5)
  await eventually(() => pids.filter(isAlive).length === 0 && !existsSync(folder))
}

/** A process that ended stays listed, as a zombie, until its new parent looks at it. */
function isAlive(pid: number): boolean {
  if (!existsSync('/proc/self/stat')) return spawnSync('kill', ['-0', String(pid)]).status === 0
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

async function setting(server: LabServer, name: string): Promise<unknown> {
  const reply = (await server.command('CONFIG', 'GET', name)) as Map<string, string>
  return reply.get(name)
}

/** Options as they come from JavaScript. */
function given<T extends object>(options: object): T {
  return options as T
}

import { describe, expect } from 'vitest'
import {
  CommandError,
  LockNotAcquiredError,
  LockNotOwnedError,
  ReadOnlyCacheError,
  type Cache,
  type Lock,
} from '../../src/index.js'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { at, callsOf, test } from '../support/caches.js'

describe('on the server a lock', () => {
  test('is the made key with a token, and nothing else', async ({ server, make }) => {
    const { cache } = make({ cache: { location: at(server), prefix: 'shop', version: 2 } })
    const lock = await cache.lock('job').acquire()
    expect(await server.command('KEYS', '*')).toStrictEqual(['shop:2:job'])
    expect(await server.command('GET', 'shop:2:job')).toMatch(/^[0-9a-f]{32}$/)
    const first = await server.command('GET', 'shop:2:job')
    await lock.release()
    expect(await server.command('KEYS', '*')).toStrictEqual([])
    await lock.acquire()
    expect(await server.command('GET', 'shop:2:job')).not.toBe(first)
  })

  test('needs these commands and its own key only', async ({ ownServer, make }) => {
    const commands = ['set', 'get', 'del', 'exists', 'pttl', 'pexpire', 'evalsha', 'eval']
    const allowed = ['+@connection', ...commands.map((command) => `+${command}`)]
    await ownServer.command('ACL', 'SETUSER', 'app', 'on', '>secret', '~:1:job', ...allowed)
    const { cache } = make({ cache: { location: at(ownServer), username: 'app', password: 'secret' } })
    const lock = await cache.lock('job').acquire()
    await lock.extend('1s')
    await lock.reacquire()
    expect([await lock.locked(), await lock.owned()]).toStrictEqual([true, true])
    await lock.release()
    await expect(cache.lock('job', { fence: true }).acquire()).rejects.toMatchObject({ code: 'E_AUTH' })
  })

  test('is not taken where something else stands', async ({ server, cache }) => {
    await server.command('LPUSH', ':1:job', 'x')
    await expect(cache.lock('job').acquire()).rejects.toMatchObject({ name: CommandError.name, reply: /^WRONGTYPE/ })
    await cache.set('value', 1)
    expect(await cache.lock('value').tryAcquire()).toBe(false)
  })

  test('cannot be had through replicas only', async ({ server, make }) => {
    const { cache } = make({ cache: { location: `${at(server)}?is_master=0` } })
    await expect(cache.lock('job').acquire()).rejects.toBeInstanceOf(ReadOnlyCacheError)
  })
})

describe('many who want it', () => {
  test('do one after the other what is no single step', async ({ server, make }) => {
    const programs = Array.from({ length: 6 }, (_, index) => clientOf(server, make, `program-${index}`))
    const add = async (cache: Cache): Promise<void> => {
      await using _ = await cache.lock('job', { wait: '30s' }).acquire()
      await cache.set('sum', ((await cache.get<number>('sum')) ?? 0) + 1)
    }
    await Promise.all(programs.flatMap((cache) => Array.from({ length: 10 }, () => add(cache))))
    expect(await programs[0]?.get('sum')).toBe(60)
  })

  test('ask less and less often', async ({ ownServer, make }) => {
    const { cache } = make({ cache: { location: at(ownServer) } })
    await using _ = await cache.lock('job').acquire()
    const waiting = cache.lock('job', { wait: '1s' }).acquire()
    await expect(waiting).rejects.toBeInstanceOf(LockNotAcquiredError)
    expect(await callsOf(ownServer, 'set')).toBeGreaterThan(5)
    expect(await callsOf(ownServer, 'set')).toBeLessThan(25)
  })
})

describe('a fencing number', () => {
  const counterOf = async (server: LabServer): Promise<string> => String((await server.command('KEYS', '*@*')) ?? '')
  const fenceOf = async (lock: Lock): Promise<number> => lock.run(({ fence }) => fence ?? NaN)

  test('is counted beside the lock, in its slot, and forgotten after a day', async ({ server, cache }) => {
    const lock = await cache.lock('job', { fence: true }).acquire()
    const counter = await counterOf(server)
    expect(counter).toMatch(/^:@1:fence:\{\w+\}:job$/)
    expect(await server.command('GET', counter)).toBe(String(lock.fence))
    expect(await server.command('PTTL', counter)).toBeGreaterThan(86_390_000)
    await lock.release()
    expect(await server.command('EXISTS', counter)).toBe(1)
  })

  test('grows though the counter was lost, or the clock is behind it', async ({ server, cache }) => {
    const lock = cache.lock('job', { fence: true })
    const first = await fenceOf(lock)
    const counter = await counterOf(server)
    await eventually(async () => Number(((await server.command('TIME')) as string[])[0]) * 1_000 > first)
    await server.command('DEL', counter)
    const second = await fenceOf(lock)
    expect(second).toBeGreaterThan(first)
    await server.command('SET', counter, String(second + 1e9))
    expect(await fenceOf(lock)).toBe(second + 1e9 + 1)
  })

  test('is counted in the slot of its lock, so that a cluster takes both in one script', async ({
    ownServer,
    lab,
    make,
  }) => {
    const cluster = await lab.server({ config: { 'cluster-enabled': 'yes' } })
    const slotOf = (key: unknown): Promise<unknown> => cluster.command('CLUSTER', 'KEYSLOT', String(key))
    const { cache } = make({ cache: { location: at(ownServer), prefix: 'shop' } })
    for (const key of ['job', 'user:{7}', 'ключ', '}{']) {
      await using lock = await cache.lock(key, { fence: true }).acquire()
      const slots = ((await ownServer.command('KEYS', '*')) as string[]).map(slotOf)
      const [first, second, ...others] = await Promise.all(slots)
      expect([first, others]).toStrictEqual([second, []])
      await lock.release()
      await ownServer.command('FLUSHDB')
    }
  })
})

/** What valkey-py's Lock sends, in the same steps; its timeouts are seconds, what it sends is ms. */
describe("valkey-py's lock", () => {
  const ifMine = "local holder = redis.call('get', KEYS[1]) if not holder or holder ~= ARGV[1] then return 0 end"
  const release = `${ifMine} redis.call('del', KEYS[1]) return 1`
  const extend = `${ifMine} local left = redis.call('pttl', KEYS[1]) if left < 0 then return 0 end
    local ttl = ARGV[2] if ARGV[3] == '0' then ttl = ARGV[2] + left end redis.call('pexpire', KEYS[1], ttl) return 1`
  const reacquire = `${ifMine} redis.call('pexpire', KEYS[1], ARGV[2]) return 1`
  const key = ':1:job'
  const token = 'f81d4fae7dec11d0a76500a0c91e6bf6'

  test('keeps us out, and lets us in when it is released or over', async ({ server, cache }) => {
    expect(await server.command('SET', key, token, 'NX', 'PX', 30_000)).toBe('OK')
    const lock = cache.lock('job')
    expect([await lock.locked(), await lock.owned(), await lock.tryAcquire()]).toStrictEqual([true, false, false])
    expect(await server.command('EVAL', extend, 1, key, token, 10_000, '0')).toBe(1)
    expect(await server.command('EVAL', reacquire, 1, key, token, 20_000)).toBe(1)
    expect(await lock.tryAcquire()).toBe(false)
    expect(await server.command('EVAL', release, 1, key, token)).toBe(1)
    expect(await lock.tryAcquire()).toBe(true)
    await lock.release()
    expect(await server.command('SET', key, token, 'NX', 'PX', 50)).toBe('OK')
    await (await lock.acquire()).release()
  })

  test('is kept out by ours, and cannot touch it', async ({ server, cache }) => {
    const lock = await cache.lock('job').acquire()
    const before = await server.command('GET', key)
    expect(await server.command('SET', key, token, 'NX', 'PX', 30_000)).toBeNull()
    expect(await server.command('EVAL', release, 1, key, token)).toBe(0)
    expect(await server.command('EVAL', extend, 1, key, token, 10_000, '1')).toBe(0)
    expect(await server.command('EVAL', reacquire, 1, key, token, 10_000)).toBe(0)
    expect(await server.command('GET', key)).toBe(before)
    await lock.release()
    expect(await server.command('SET', key, token, 'NX')).toBe('OK')
  })

  test('with our token is ours: extended, taken anew and released by either side', async ({ server, cache }) => {
    const lock = await cache.lock('job', { ttl: '10s' }).acquire()
    const ours = String(await server.command('GET', key))
    expect(await server.command('EVAL', extend, 1, key, ours, 20_000, '0')).toBe(1)
    expect(await server.command('PTTL', key)).toBeGreaterThan(29_000)
    await lock.reacquire()
    expect(await server.command('PTTL', key)).toBeLessThanOrEqual(10_000)
    expect(await server.command('EVAL', release, 1, key, ours)).toBe(1)
    await expect(lock.release()).rejects.toBeInstanceOf(LockNotOwnedError)
  })

  test("and ours answer alike to what is not there, is somebody else's, or has no ttl", async ({ server, cache }) => {
    const lock = await cache.lock('job').acquire()
    await server.command('PERSIST', key)
    const ours = String(await server.command('GET', key))
    expect(await server.command('EVAL', extend, 1, key, ours, 1_000, '0')).toBe(0)
    await expect(lock.extend('1s')).rejects.toBeInstanceOf(LockNotOwnedError)
    expect(await server.command('PTTL', key)).toBe(-1)
  })
})

/** As another program has it: on sockets of its own. */
function clientOf(server: LabServer, make: (caches: { cache: object }) => { cache: Cache }, name: string): Cache {
  return make({ cache: { location: at(server), clientName: name } }).cache
}

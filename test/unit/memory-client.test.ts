import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Call, Value } from '../../src/clients/command.js'
import { MemoryClient } from '../../src/clients/memory/client.js'
import { ErrorReply, type Reply } from '../../src/connection/connection.js'
import { ClosedError, CommandError, CommandTimeoutError, UnsupportedError } from '../../src/errors.js'

const roomy = { entries: 100_000, bytes: 64 * 1024 * 1024 }

describe('keeps so much and no more', () => {
  test('the least recently used goes first; reading is using', async () => {
    const client = new MemoryClient({ ...roomy, entries: 3 })
    for (const key of ['a', 'b', 'c']) await run(client, 'SET', key, '1')
    await run(client, 'GET', 'a')
    await run(client, 'SET', 'd', '1')
    expect(await keysOf(client)).toStrictEqual(['a', 'c', 'd'])
  })

  test('looking for keys is not using them', async () => {
    const client = new MemoryClient({ ...roomy, entries: 2 })
    for (const key of ['a', 'b']) await run(client, 'SET', key, '1')
    await run(client, 'SCAN', '0', 'MATCH', 'a')
    await run(client, 'KEYS', 'a')
    await run(client, 'SET', 'c', '1')
    expect(await keysOf(client)).toStrictEqual(['b', 'c'])
  })

  test('bytes count, of keys and values, in collections too', async () => {
    const client = new MemoryClient({ ...roomy, bytes: 10_000 })
    for (let index = 0; index < 20; index++) await run(client, 'SET', `k${index}`, 'x'.repeat(1_000))
    expect((await keysOf(client)).length).toBe(8)
    await run(client, 'SADD', 'set', ...Array.from({ length: 8 }, (_, index) => `${index}`.padEnd(700, 'x')))
    expect((await keysOf(client)).length).toBe(4)
    expect(await run(client, 'SCARD', 'set')).toBe(8)
  })

  test('what is too large by itself is refused, and what was there stays', async () => {
    const client = new MemoryClient({ ...roomy, bytes: 10_000 })
    const large = 'x'.repeat(10_000)
    await run(client, 'SET', 'k', 'small')
    await run(client, 'SADD', 'set', 'm')
    await run(client, 'HSET', 'hash', 'f', 'v')
    for (const command of [
      ['SET', 'k', large],
      ['APPEND', 'k', large],
      ['MSET', 'k', '1', 'other', large],
      ['SADD', 'set', large],
      ['HSET', 'hash', 'f', large],
      ['ZADD', 'zset', '1', large],
    ])
      await expect(run(client, ...command)).rejects.toThrow(/OOM/)
    expect(await run(client, 'GET', 'k')).toBe('small')
    expect(await run(client, 'SMEMBERS', 'set')).toStrictEqual(new Set(['m']))
    expect(await run(client, 'HGETALL', 'hash')).toStrictEqual(new Map([['f', 'v']]))
    expect(await keysOf(client)).toStrictEqual(['hash', 'k', 'set'])
  })
})

test('locks are not evicted, and neither are they counted as those that may go', async () => {
  const client = new MemoryClient({ ...roomy, entries: 2 })
  await run(client, 'SET', 'lock', 'token', 'NX', 'GET', 'PX', '60000')
  for (const key of ['a', 'b', 'c']) await run(client, 'SET', key, '1')
  await run(client, 'PEXPIRE', 'lock', '70000')
  await run(client, 'SET', 'd', '1')
  expect(await keysOf(client)).toStrictEqual(['c', 'd', 'lock'])
  await run(client, 'DEL', 'lock')
  expect(await keysOf(client)).toStrictEqual(['c', 'd'])
})

test.for([
  ['EX', '0'],
  ['PX', '-1'],
  ['PXAT', '0'],
])('GETEX %s %s is refused for a key that is absent as well', async ([unit, time]) => {
  const client = new MemoryClient(roomy)
  await expect(run(client, 'GETEX', 'absent', unit as string, time as string)).rejects.toThrow(/invalid expire time/)
})

describe('time', () => {
  test('a key lives to the ms that was said, as on a server', async () => {
    const clock = new ManualClock()
    const client = new MemoryClient(roomy, clock)
    await run(client, 'SET', 'k', '1', 'PX', '100')
    expect(await run(client, 'PEXPIRETIME', 'k')).toBe(clock.time + 100)
    clock.time += 40
    expect(await run(client, 'PTTL', 'k')).toBe(60)
    clock.time += 60
    expect(await run(client, 'GET', 'k')).toBe('1')
    clock.time += 1
    expect(await run(client, 'GET', 'k')).toBeNull()
    expect(await run(client, 'PTTL', 'k')).toBe(-2)
    expect(await run(client, 'SET', 'k', '2', 'NX')).toBe('OK')
    expect(await run(client, 'PTTL', 'k')).toBe(-1)
  })

  test('a key that is over is seen by nobody', async () => {
    const clock = new ManualClock()
    const client = new MemoryClient(roomy, clock)
    for (const key of ['a', 'b']) await run(client, 'SET', key, '1', 'PX', '100')
    await run(client, 'SADD', 'set', 'm')
    await run(client, 'PEXPIRE', 'set', '100')
    clock.time += 101
    expect(await run(client, 'DBSIZE')).toBe(0)
    expect(await run(client, 'KEYS', '*')).toStrictEqual([])
    expect(await run(client, 'SCAN', '0')).toStrictEqual(['0', []])
    expect(await run(client, 'DEL', 'a', 'b')).toBe(0)
    expect(await run(client, 'SADD', 'set', 'n')).toBe(1)
    expect(await run(client, 'SMEMBERS', 'set')).toStrictEqual(new Set(['n']))
    expect(await run(client, 'PTTL', 'set')).toBe(-1)
  })

  test('no time passes within a command: what counts on keeps its ttl', async () => {
    const clock = new ManualClock()
    const client = new MemoryClient(roomy, { now: () => clock.time++ })
    await run(client, 'SET', 'n', '1', 'PX', '2')
    expect(await run(client, 'INCR', 'n')).toBe(2)
    clock.time += 2
    expect(await run(client, 'GET', 'n')).toBeNull()
  })
})

test('a scan finds everything that is there all the time, once, whatever comes and goes', async () => {
  const name = fc.integer({ min: 0, max: 30 }).map((number) => `k${number}`)
  const change = fc.tuple(fc.constantFrom('SET', 'DEL', 'GET'), name)
  const steps = fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name), steps, fc.integer({ min: 1, max: 4 }), async (names, changes, count) => {
      const client = new MemoryClient()
      for (const key of names) await run(client, 'SET', key, '1')
      const stable = new Set(names)
      const found: string[] = []
      let cursor = '0'
      do {
        const [next, keys] = (await run(client, 'SCAN', cursor, 'COUNT', String(count))) as [string, string[]]
        expect(keys.length).toBeLessThanOrEqual(count)
        found.push(...keys)
        cursor = next
        for (const [command, key] of changes.pop() ?? []) {
          await run(client, command, key, ...(command === 'SET' ? ['2'] : []))
          if (command === 'DEL') stable.delete(key)
        }
      } while (cursor !== '0')
      expect(found.filter((key) => stable.has(key)).toSorted()).toStrictEqual([...stable].toSorted())
    }),
  )
})

describe('what would take for ever is refused', () => {
  test('members by the million, digits by the thousand', async () => {
    const client = new MemoryClient()
    await run(client, 'SADD', 'set', 'm')
    await expect(run(client, 'SRANDMEMBER', 'set', '-9007199254740991')).rejects.toThrow(/out of range/)
    for (const text of ['9'.repeat(6_000), `${'9'.repeat(5_000)}x`, `1e${'9'.repeat(100)}`]) {
      await run(client, 'SET', 'k', text)
      await expect(run(client, 'INCRBYFLOAT', 'k', '1')).rejects.toThrow(/not a valid float/)
    }
  })
})

describe('bytes and texts', () => {
  test('are the same thing: what was written as one is read as the other', async () => {
    const client = new MemoryClient()
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'binary' }), async (bytes, text) => {
        await run(client, 'SET', 'bytes', bytes)
        expect(await run(client, 'GET', 'bytes')).toBe(Buffer.from(bytes).toString())
        expect(await client.execute(call(['GET', 'bytes'], 'buffer'))).toStrictEqual(Buffer.from(bytes))
        await run(client, 'SET', text, text)
        expect(await run(client, 'GET', Buffer.from(text))).toBe(Buffer.from(text).toString())
        expect(await run(client, 'STRLEN', text)).toBe(Buffer.byteLength(text))
      }),
    )
  })

  test('belong to the caller: changing them changes nothing that is kept', async () => {
    const client = new MemoryClient()
    const mine = Buffer.from('mine')
    await run(client, 'SET', 'k', mine)
    mine.fill(0)
    const read = (await client.execute(call(['GET', 'k'], 'buffer'))) as Buffer
    read.fill(0)
    expect(await run(client, 'GET', 'k')).toBe('mine')
  })
})

describe('a call', () => {
  test('of a command that only a server can run is refused by its name', async () => {
    const client = new MemoryClient()
    for (const name of ['BLPOP', 'subscribe', 'MULTI', 'EVAL', 'LPUSH', 'constructor', ''])
      await expect(run(client, name, 'k', '1')).rejects.toThrow(new RegExp(`no ${name.toUpperCase()};`))
    const script: Call<Reply> = { ...call(['EVALSHA', 'sha', '0']), script: 'return 1' }
    await expect(client.execute(script)).rejects.toBeInstanceOf(UnsupportedError)
  })

  test('in a batch stands for itself, but none runs when one cannot', async () => {
    const client = new MemoryClient()
    const batch = [
      ['SET', 'k', 'text'],
      ['INCR', 'k'],
      ['SET', 'k'],
      ['GET', 'k'],
    ]
    expect(await client.batch(batch.map((args) => call(args)))).toStrictEqual([
      'OK',
      new ErrorReply('ERR value is not an integer or out of range'),
      new ErrorReply("ERR wrong number of arguments for 'set' command"),
      'text',
    ])
    const hopeless = [
      ['SET', 'k', 'changed'],
      ['BLPOP', 'k', '0'],
    ]
    await expect(client.batch(hopeless.map((args) => call(args)))).rejects.toBeInstanceOf(UnsupportedError)
    expect(await run(client, 'GET', 'k')).toBe('text')
    await expect(run(client, 'INCR', 'k')).rejects.toBeInstanceOf(CommandError)
  })

  test('is over before it begins when its time or its caller is', async () => {
    const client = new MemoryClient()
    const set = call(['SET', 'k', '1'])
    for (const deadline of [0, -1, NaN])
      await expect(client.execute(set, { deadline })).rejects.toBeInstanceOf(CommandTimeoutError)
    const reason = new Error('had enough')
    await expect(client.batch([set], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(run(client, 'SET', 'k', 1 as unknown as string)).rejects.toBeInstanceOf(TypeError)
    expect(await keysOf(client)).toStrictEqual([])
    await client.execute(set, { deadline: 1 })
    client.destroy()
    await expect(client.execute(set)).rejects.toBeInstanceOf(ClosedError)
    await expect(client.batch([set])).rejects.toBeInstanceOf(ClosedError)
  })
})

class ManualClock {
  time = 1_000_000

  now(): number {
    return this.time
  }
}

function call(args: readonly Value[], decode: 'text' | 'buffer' = 'text'): Call<Reply> {
  return { name: String(args[0]), intent: 'write', idempotent: false, keys: [], args, decode, reply: (raw) => raw }
}

function run(client: MemoryClient, ...args: readonly Value[]): Promise<Reply> {
  return client.execute(call(args))
}

async function keysOf(client: MemoryClient): Promise<string[]> {
  return ((await run(client, 'KEYS', '*')) as string[]).toSorted()
}

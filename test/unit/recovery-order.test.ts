import { expect } from 'vitest'
import { KeptWrites, type WriteOwner } from '../../src/cache/recovery/kept-writes.js'
import { RecoveringClient } from '../../src/cache/recovery/recovering-client.js'
import type { Execute } from '../../src/clients/command.js'
import { incrementExisting } from '../../src/clients/commands/counters.js'
import { get, set } from '../../src/clients/commands/strings.js'
import { Registry } from '../../src/connection/registry.js'
import { Reporter } from '../../src/telemetry/reporter.js'
import { monotonicClock } from '../../src/units.js'
import type { Cache } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { ConnectionError, ErrorReply } from '../../src/index.js'
import { rejection } from '../support/rejection.js'
import { LazyClient, ShardedClient, type SwitchedClient } from '../support/switched-client.js'
import { deleted, failing, names, test } from '../support/switched-caches.js'

/** Something that calls wait for. */
interface Gate {
  readonly open: () => void
  readonly fail: () => void
}

/** Lets a client's calls of this name wait. */
function hold(client: SwitchedClient, command: string): Gate {
  let end!: (error?: Error) => void
  const ended = new Promise<void>((resolve, reject) => {
    end = (error) => (error === undefined ? resolve() : reject(error))
  })
  ended.catch(() => {})
  const { gate: others } = client
  let isShut = true
  client.gate = (call) => (isShut && call.name === command ? ended : others(call))
  const leave = (error?: Error): void => {
    isShut = false
    end(error)
  }
  return { open: () => leave(), fail: () => leave(new ConnectionError('switched', 'is lost')) }
}

test('what holds a connection of its own for a key lets other calls of that key pass', async ({ open, telling }) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  const work = async (): Promise<unknown> => {
    await cache.set('k', 'new')
    return cache.get('k')
  }
  expect(await cache.use(work, { key: 'k' })).toBe('new')
})

test('while a kept delete is being sent, a read without keys waits for nothing, and holds up no other key', async ({
  open,
  telling,
}) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  const gate = hold(telling, 'UNLINK')
  const waits = cache.set('k', 'new')
  const meanwhile = await Promise.all([cache.ping({ deadline: 1_000 }), cache.get('other', { deadline: 1_000 })])
  expect(meanwhile).toStrictEqual([undefined, undefined])
  gate.open()
  expect(await waits).toBe(true)
})

test('a delete whose time ends while it waits behind another call of a kept key is kept', async ({ open, telling }) => {
  const cache = open({ recovery: { maxAge: '1m' } }, telling)
  await deleted(cache, telling, 'k')
  const gate = hold(telling, 'UNLINK')
  const set = rejection(cache.set('k', 'new'))
  const { error } = await rejection(cache.deleteMany(['k', 'l'], { deadline: 20 }))
  gate.fail()
  expect(error).toMatchObject({ code: 'E_CONNECTION', kept: true })
  await set
  expect(await cache.getMany(['k', 'l'])).toStrictEqual(new Map())
})

test.for<[what: string, remove: (cache: Cache) => Promise<unknown>]>([
  ['delete', (cache) => cache.delete('k')],
  ['deleteMany', (cache) => cache.deleteMany(['k'])],
  ['a pipeline', (cache) => cache.pipeline((p) => [p.delete('k')])],
])(
  'a delete that fails after a later write of the cache was acknowledged is not kept: %s',
  async ([, remove], { cache, client }) => {
    const gate = hold(client, 'UNLINK')
    const failed = rejection(remove(cache))
    await cache.set('k', 'new', { ttl: '1m' })
    gate.fail()
    expect((await failed).error).toMatchObject({ kept: false })
    expect(await cache.get('k')).toBe('new')
  },
)

test('of many deletes that fail, those whose keys were written later are not kept', async ({ cache, client }) => {
  await cache.set('l', 'old')
  const gate = hold(client, 'UNLINK')
  const failed = rejection(cache.deleteMany(['k', 'l']))
  await cache.pipeline((p) => [p.set('k', 'new'), p.get('other')])
  gate.fail()
  expect((await failed).error).toMatchObject({ kept: true })
  expect(await cache.getMany(['k', 'l'])).toStrictEqual(new Map([['k', 'new']]))
})

test('a write that was made after a delete, and is acknowledged after that was kept, takes its place', async ({
  open,
  telling,
}) => {
  const cache = open({}, telling)
  const [removing, setting] = [hold(telling, 'UNLINK'), hold(telling, 'SET')]
  const failed = rejection(cache.delete('k'))
  const set = cache.set('k', 'new')
  removing.fail()
  expect((await failed).error).toMatchObject({ kept: true })
  expect(await cache.get('k')).toBeUndefined()
  setting.open()
  await set
  expect(await cache.get('k')).toBe('new')
})

test.for<[what: string, write: (cache: Cache) => Promise<unknown>]>([
  ['add', (cache) => cache.add('k', 'new')],
  ['incr', (cache) => cache.incr('k')],
  ['touch', (cache) => cache.touch('k', { ttl: '1m' })],
])(
  'a delete that fails is kept when what was written later may stand on the old value: %s',
  async ([, write], { open, client }) => {
    const cache = open()
    await cache.set('k', 7)
    const gate = hold(client, 'UNLINK')
    const failed = rejection(cache.delete('k'))
    await write(cache)
    gate.fail()
    expect((await failed).error).toMatchObject({ kept: true })
    expect(await cache.get('k')).toBeUndefined()
  },
)

test('a delete that fails is kept though the key was written before it', async ({ cache, client }) => {
  const gate = hold(client, 'UNLINK')
  await cache.set('k', 'old')
  const failed = rejection(cache.delete('k'))
  gate.fail()
  expect((await failed).error).toMatchObject({ kept: true })
  expect(await cache.get('k')).toBeUndefined()
})

test('deletes that a server refuses for good are dropped and reported, and hold up no others', async ({
  open,
  telling,
}) => {
  const texts: string[] = []
  const cache = open({ logger: { warn: (text) => texts.push(text), error: () => {} } }, telling)
  await cache.setMany({ there: 'old' })
  telling.on = false
  await rejection(cache.deleteMany([...names(250), 'there']))
  telling.refuse = ({ keys: [key] }) => (key === ':1:there' ? undefined : new ErrorReply('NOPERM no rights'))
  telling.switchOn()
  await eventually(() => texts.join(' ').includes('dropped'))
  await eventually(async () => (await cache.get('name:1')) === undefined)
  await eventually(() => total(texts, /(\d+) deletes? (?:is|are) dropped, for the server refuses/) === 250)
  expect(telling.calls.filter(({ keys: [key] }) => key === ':1:there').at(-1)?.args[0]).toBe('UNLINK')
})

test('deletes that a server refuses for now hold up no others, and run later', async ({ open, telling }) => {
  const cache = open({}, telling)
  telling.on = false
  await rejection(cache.deleteMany([...names(250), 'there']))
  telling.refuse = ({ keys: [key] }) => (key === ':1:there' ? undefined : new ErrorReply('LOADING not yet'))
  telling.switchOn()
  await eventually(() => telling.calls.some(({ keys: [key] }) => key === ':1:there'))
  telling.calls.length = 0
  telling.refuse = () => undefined
  telling.switchOn()
  await eventually(() => telling.calls.length >= 250)
})

test('deletes that are kept for too long are reported though nobody asks for their keys, with how many they are', async ({
  open,
  telling,
}) => {
  const texts: string[] = []
  const logger = { warn: (text: string) => texts.push(text), error: () => {} }
  // Long enough that none is over while the others are taken in; they are told of a second later anyway.
  const cache = open({ logger, recovery: { maxAge: 900, maxKeys: 5 } }, telling)
  telling.on = false
  await rejection(cache.deleteMany(names(7)))
  await eventually(() => total(texts, /(\d+) deletes? (?:is|are) dropped after 900 ms/) === 5)
  expect(total(texts, /(\d+) deletes? (?:is|are) not kept/)).toBe(2)
})

test('what is kept for a server that nobody has connected to yet is sent to it', async ({ open }) => {
  const client = new LazyClient()
  const cache = open({}, client)
  client.on = false
  await rejection(cache.delete('k'))
  client.on = true
  await eventually(() => client.calls.some(({ args }) => args[0] === 'UNLINK'))
})

test('a shard that does not answer holds up no delete that is kept for another one', async ({ open }) => {
  const sharded = new ShardedClient()
  const cache = open({}, sharded)
  let answer = (): void => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  sharded.gate = ({ name, keys }) => (name === 'UNLINK' && keys.includes(':1:a') ? answered : undefined)
  const isSent = (key: string): boolean =>
    sharded.calls.some(({ name, keys }) => name === 'UNLINK' && keys.includes(key))
  for (const key of ['a', 'b']) {
    sharded.off.add(key)
    await rejection(cache.delete(key))
    sharded.off.delete(key)
    sharded.switchOn()
    await eventually(() => isSent(`:1:${key}`))
  }
  answer()
})

test('a delete that fails again holds up no key of another shard, whatever is asked together', async ({ open }) => {
  const sharded = new ShardedClient()
  const cache = open({}, sharded)
  await cache.setMany({ a: 1, b: 1 })
  sharded.off.add('a')
  await rejection(cache.delete('a'))
  expect((await rejection(cache.deleteMany(['a', 'b']))).error).toMatchObject({ code: 'E_CONNECTION', kept: true })
  expect(await cache.add('b', 2)).toBe(true)
  expect(await cache.setMany({ a: 3, b: 3 })).toEqual(['a'])
  expect(await cache.get('b')).toBe(3)
  expect(await cache.deleteMany(['a', 'b'], { failSafe: true })).toBe(1)
  expect(await cache.get('b')).toBeUndefined()
  sharded.off.delete('a')
  expect(await cache.setMany({ a: 4, b: 4 })).toEqual([])
  expect([...(await cache.getMany(['a', 'b'])).values()]).toEqual([4, 4])
})

test('deletes of many keys end with the first portions that meet an outage, and all are kept', async ({
  open,
  telling,
}) => {
  const cache = open({}, telling)
  const gate = hold(telling, 'UNLINK')
  const failed = rejection(cache.deleteMany(names(10_000)))
  await eventually(() => telling.asked > 0)
  telling.on = false
  const { asked } = telling
  gate.fail()
  expect((await failed).error).toMatchObject({ kept: true })
  expect(telling.asked).toBe(asked)
})

test.for<[what: string, remove: (cache: Cache) => Promise<unknown>]>([
  ['expire with a ttl below 0', (cache) => cache.expire('k', -1)],
  ['touch with a ttl of 0', (cache) => cache.touch('k', { ttl: 0 })],
  ['expireAt a moment that has passed', (cache) => cache.expireAt('k', Date.now() - 1_000)],
  ['set with xx and a ttl of 0', (cache) => cache.set('k', 1, { xx: true, ttl: 0 })],
])('a herd cache keeps what means that a key must be gone: %s', async ([, remove], { open, client }) => {
  const cache = open({ herd: true, format: 'django', serializer: 'pickle', ttl: '1m' })
  await cache.set('k', 'old')
  expect(await failing(client, () => remove(cache))).toMatchObject({ kept: true })
  expect(await cache.get('k')).toBeUndefined()
})

test('a new expiry of a kept key, whatever this host takes for passed, runs behind the delete', async ({
  open,
  telling,
}) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  telling.calls.length = 0
  await cache.expireAt('k', Date.now() - 1_000)
  expect(telling.calls.map(({ args }) => args[0])).toStrictEqual(['UNLINK', 'PEXPIREAT'])
})

test('a call without keys does not overtake calls that wait for a delete', async ({ open, telling }) => {
  const cache = open({}, telling)
  await deleted(cache, telling, 'k')
  const gate = hold(telling, 'UNLINK')
  telling.calls.length = 0
  const calls = [cache.set('k', 1), cache.set('k', 2), cache.flushDb()]
  await eventually(() => telling.calls.length > 0)
  gate.open()
  await Promise.all(calls)
  expect(telling.calls.map(({ args: [command] }) => command)).toStrictEqual(['UNLINK', 'SET', 'SET', 'FLUSHDB'])
})

test('a client that does not tell when it can be used is tried after pauses, not after each call', async ({
  cache,
  client,
}) => {
  await deleted(cache, client, 'k')
  client.refuse = () => new ErrorReply('LOADING not yet')
  client.calls.length = 0
  for (let n = 0; n < 200; n++) await cache.get('other')
  expect(client.calls.filter(({ args }) => args[0] === 'UNLINK').length).toBeLessThan(20)
})

test('what is kept may be several calls; a key that it does not delete is read when they have run', async ({
  telling,
}) => {
  const kept = new Registry<KeptWrites>().borrow('test', () => new KeptWrites(monotonicClock))
  const limits = { maxKeys: 10, maxAge: 60_000 }
  const bounds = { readDeadline: 1_000, writeDeadline: 1_000, maxWaiting: 10 }
  const parts = { cache: 'test', reporter: new Reporter(monotonicClock), limits, kept, ...bounds }
  const client = new RecoveringClient(telling, parts)
  const send = async (execute: Execute): Promise<unknown> => {
    const number = await execute(incrementExisting('sequence', 1))
    return execute(set('tag', String(number), { ttl: undefined }))
  }
  const mark = { ...incrementExisting('sequence', 1), keeps: () => [{ key: 'tag', deletes: false, send }] }
  await client.batch([set('sequence', '7', { ttl: undefined }), set('tag', '5', { ttl: undefined })])
  const error = await failing(telling, () => client.execute(mark))
  expect(error).toMatchObject({ kept: true })
  expect(error.message).toMatch(/before what it invalidates is read/)
  expect(await failing(telling, () => client.execute(get('tag', 'text')))).toBeInstanceOf(ConnectionError)
  expect(await client.execute(get('tag', 'text'))).toBe('8')
  await client.close()
})

test('what a closed cache leaves to another one keeps its place among what that one has kept', () => {
  const kept = new KeptWrites(monotonicClock)
  const owner = (): WriteOwner => ({ kept: () => {}, ran: () => {}, expired: () => {}, inherited: () => {} })
  const [first, heir] = [owner(), owner()]
  for (const one of [first, heir]) kept.join(one)
  for (const [index, by] of [first, heir, first].entries()) {
    const write = { key: String(index), deletes: true, send: async () => {} }
    kept.add({ write, reason: undefined, place: index }, by, { maxKeys: 10, maxAge: 60_000 })
  }
  kept.leave(first)
  expect(kept.ownedBy(heir).map(({ key }) => key)).toStrictEqual(['0', '1', '2'])
  kept.destroy()
})

function total(texts: readonly string[], count: RegExp): number {
  return texts.reduce((sum, text) => sum + Number(count.exec(text)?.[1] ?? 0), 0)
}

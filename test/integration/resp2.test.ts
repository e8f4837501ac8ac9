import { once } from 'node:events'
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect } from 'vitest'
import { trackingInitialiser } from '../../src/connection/tracking.js'
import { AuthenticationError, ErrorReply, UnsupportedError, type Push, type Reply } from '../../src/index.js'
import { eventually } from '../../src/lab/index.js'
import { at, test as withCaches } from '../support/caches.js'
import { bytes, patient, subscribe, test as withConnections, text } from '../support/connection.js'
import { rejection } from '../support/rejection.js'
import { serverWithoutHello, withoutHello } from '../support/without-hello.js'

const secret = 's3cret-and-long'

const test = withCaches
  .extend('old', { scope: 'file' }, ({ lab }) => serverWithoutHello(lab))
  .extend('oldCache', async ({ old, make }) => {
    await old.command('FLUSHALL')
    return make({ cache: { location: at(old, 2), clientName: 'web-1', prefix: 'old' } }).cache
  })

describe('a cache on a server without RESP3', () => {
  test('has its database, its name and its values', async ({ oldCache, old }) => {
    await oldCache.set('k', { a: 1 })
    expect(await oldCache.get('k')).toStrictEqual({ a: 1 })
    expect(await oldCache.command(['CLIENT', 'INFO'], { intent: 'read' })).toMatch(/ name=web-1 .* db=2 /)
    expect(oldCache.topology().primary).toBe(old.address)
  })

  test('gives maps, sets, scores and pairs as elsewhere, of commands of its own too', async ({ oldCache }) => {
    await oldCache.hset('h', { a: 1, b: 'x' })
    await oldCache.zadd('z', [
      ['m', 1.5],
      ['n', Infinity],
    ])
    await oldCache.sadd('s', ['a', 'b'])
    expect(await oldCache.hgetall('h')).toStrictEqual(
      new Map<string, unknown>([
        ['a', 1],
        ['b', 'x'],
      ]),
    )
    expect(await oldCache.zrange('z', 0, -1, { withScores: true })).toStrictEqual([
      ['m', 1.5],
      ['n', Infinity],
    ])
    expect(new Set(await oldCache.smembers('s'))).toStrictEqual(new Set(['a', 'b']))
    expect(await oldCache.command(['HGETALL', 'h'], { key: 1 })).toStrictEqual(
      new Map([
        ['a', '1'],
        ['b', '"x"'],
      ]),
    )
  })

  test('has transactions and locks', async ({ oldCache }) => {
    const key = oldCache.makeKey('h')
    const replies = await oldCache.use((own) =>
      own.batch([['MULTI'], ['HSET', key, 'f', '1'], ['HGETALL', key], ['EXEC']]),
    )
    expect(replies.at(-1)).toStrictEqual([1, new Map([['f', '1']])])
    await using lock = oldCache.lock('l', { ttl: '10s' })
    await lock.acquire()
    expect(await lock.owned()).toBe(true)
  })

  test('hears the messages of subscriptions of its own, between the replies to PING', async ({ oldCache, old }) => {
    const heard: Push[] = []
    await oldCache.use(async (own) => {
      own.onPush((push) => heard.push(push))
      await own.command(['SUBSCRIBE', 'a', 'b'])
      await old.command('PUBLISH', 'b', 'hello')
      await eventually(() => heard.length > 0)
      expect(await own.command(['PING'])).toBe('PONG')
      await own.command(['UNSUBSCRIBE', 'a', 'b'])
      expect(await own.command(['LRANGE', 'nothing', 0, -1])).toStrictEqual([])
    })
    expect(heard).toStrictEqual([['message', 'b', 'hello']])
  })

  test('wakes callers of the fleet, which subscribe', async ({ old, make }) => {
    const options = { location: at(old, 3), singleFlight: 'fleet' } as const
    const { one, other } = make({ one: options, other: options })
    const channels = async (): Promise<Reply[]> => (await old.command('PUBSUB', 'SHARDCHANNELS')) as Reply[]
    let loads = 0
    const loader = async (): Promise<number> => {
      await eventually(async () => (await channels()).length > 0)
      return ++loads
    }
    expect(await Promise.all([one.getOrSet('k', loader), other.getOrSet('k', loader)])).toStrictEqual([1, 1])
  })

  test('is refused for near, with what to do', async ({ old, make }) => {
    const { error } = await rejection(make({ cache: { location: at(old), near: true } }).ready())
    expect(error).toMatchObject({ code: 'E_UNSUPPORTED' })
    expect((error as Error).message).toMatch(
      /speaks no RESP3 \(ERR unknown command 'HELLO'\), which the option near needs/,
    )
  })
})

describe('credentials on a server without RESP3', () => {
  withConnections('of a user, and of the default user', async ({ lab, connect }) => {
    const server = await serverWithoutHello(lab, { requirepass: secret })
    await server.command('ACL', 'SETUSER', 'ada', 'on', '>p/w', '+@all', '~*', '&*')
    const ada = await connect(server, { username: 'ada', password: 'p/w' })
    expect(await ada.execute(text('ACL', 'WHOAMI'), patient())).toBe('ada')
    const usual = await connect(server, { password: secret })
    expect(await usual.execute(text('ACL', 'WHOAMI'), patient())).toBe('default')
    expect(usual.role).toBe('primary')
  })

  withConnections('that are wrong or missing are an AuthenticationError without them', async ({ lab, connect }) => {
    const server = await serverWithoutHello(lab, { requirepass: secret })
    for (const credentials of [
      {},
      { password: 'wrong-and-unknown' },
      { username: 'ada', password: 'wrong-and-unknown' },
    ]) {
      const { error } = await rejection(connect(server, credentials))
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(inspect(error)).not.toMatch(/wrong-and-unknown|s3cret/)
    }
  })

  withConnections('never appear in the message about what needs RESP3', async ({ lab, connect }) => {
    const server = await serverWithoutHello(lab)
    const initialisers = [trackingInitialiser({ mode: 'default', prefix: '' })]
    const { error } = await rejection(connect(server, { password: secret, initialisers }))
    expect(error).toBeInstanceOf(UnsupportedError)
    expect(inspect(error)).not.toContain(secret)
  })
})

describe('a transaction on a connection without RESP3', () => {
  withConnections('gives the shapes of its replies, as text and as bytes', async ({ lab, connect }) => {
    const connection = await connect(await serverWithoutHello(lab))
    await connection.batch([text('HSET', 'h', 'f', 'v'), text('XADD', 'x', '1-0', 'f', 'v')], patient())
    for (const [of, as] of [
      [text, String],
      [bytes, Buffer.from],
    ] as const) {
      const commands = [of('MULTI'), of('XREAD', 'STREAMS', 'x', '0'), of('HGETALL', 'h'), of('EXEC')]
      const replies = await connection.batch(commands, patient())
      expect(replies.slice(1, 3)).toStrictEqual([as('QUEUED'), as('QUEUED')])
      const entries = [[as('1-0'), [as('f'), as('v')]]]
      expect(replies[3]).toStrictEqual([new Map([[as('x'), entries]]), new Map([[as('f'), as('v')]])])
    }
  })

  withConnections('leaves replies behind it as they are elsewhere, given up or aborted', async ({ lab, connect }) => {
    const connection = await connect(await serverWithoutHello(lab))
    const caller = new AbortController()
    await connection.execute(text('MULTI'), patient())
    const left = rejection(connection.execute(text('EXEC'), patient(caller.signal)))
    await new Promise((resolve) => process.nextTick(resolve))
    caller.abort('left')
    expect((await left).error).toBe('left')
    expect(await connection.execute(text('HGETALL', 'h'), patient())).toStrictEqual(new Map())
    const aborted = [text('MULTI'), text('NO-SUCH-COMMAND'), text('GET', 'k')]
    await Promise.allSettled(aborted.map((command) => connection.execute(command, patient())))
    await expect(connection.execute(text('EXEC'), patient())).rejects.toThrow(/EXECABORT/)
    expect(await connection.execute(text('HGETALL', 'h'), patient())).toStrictEqual(new Map())
  })
})

withConnections('values keep their bytes on a connection without RESP3', async ({ lab, connect }) => {
  const connection = await connect(await serverWithoutHello(lab))
  const value = Buffer.from([0, 255, 13, 10])
  await connection.execute(text('HSET', 'h', 'f', value), patient())
  expect(await connection.execute(bytes('HGETALL', 'h'), patient())).toStrictEqual(new Map([[Buffer.from('f'), value]]))
  await connection.execute(subscribe('c'), patient())
  expect(await connection.execute(bytes('PING'), patient())).toBe('PONG')
})

test('sentinels need RESP3, and their error says what for', async ({ lab, make }) => {
  const server = await lab.server({ config: withoutHello })
  const { cache } = make({ cache: { location: 'valkey://mymaster', sentinels: [server.address] } })
  const { error } = await rejection(cache.get('k'))
  expect(inspect(error)).toMatch(
    /speaks no RESP3 .* which asking a sentinel and listening to it on one connection needs/,
  )
})

withConnections.for([
  '-NOPROTO sorry, this protocol version is not supported',
  "-ERR unknown command 'hello', with args beginning with: 3",
  '-ERR HELLO is not supported here',
  '-NOAUTH Authentication required.',
])('a proxy that answers HELLO with %s', async (refusal, { server, connect, onTestFinished }) => {
  await server.command('CONFIG', 'SET', 'requirepass', secret)
  const proxy = createServer((client) => void refuseHello(client, refusal, server.port))
  onTestFinished(() => void proxy.close())
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const { port } = proxy.address() as AddressInfo
  const connection = await connect({ host: '127.0.0.1', port }, { password: secret })
  expect(await connection.execute(text('ACL', 'WHOAMI'), patient())).toBe('default')
})

describe('a proxy that closes connections on commands that it does not know', () => {
  const proxied = test.extend('proxy', async ({ server }, { onCleanup }) => {
    const unknown = /\$\d+\r\n(HELLO|ROLE|TIME|INFO|CLIENT|SELECT|SCAN)\r\n/
    const proxy = await proxyTo(server.port, (client, chunk) => {
      if (unknown.test(chunk.toString('latin1'))) client.destroy()
    })
    onCleanup(() => proxy.close())
    return proxy
  })

  proxied('is served by one connection, which never sees them', async ({ proxy, make }) => {
    const { cache } = make({ cache: { location: proxy.location, clientName: 'web-1', prefix: 'proxied' } })
    await cache.set('k', { a: 1 }, { ttl: '1m' })
    await cache.hset('h', { a: 1 })
    const dialled = proxy.dialled()
    expect(await cache.getMany(['k', 'nothing'])).toStrictEqual(new Map([['k', { a: 1 }]]))
    expect(await cache.hgetall('h')).toStrictEqual(new Map([['a', 1]]))
    await expect(cache.keys('*')).rejects.toMatchObject({
      code: 'E_COMMAND',
      message: expect.stringMatching(/not sent/),
    })
    expect(await cache.deleteMany(['k', 'h'])).toBe(2)
    expect(proxy.dialled()).toBe(dialled)
  })

  proxied(
    'has the error of what is not sent in its place of a batch, and refuses a transaction',
    async ({ proxy, make }) => {
      const { cache } = make({ cache: { location: proxy.location } })
      await cache.use(async (own) => {
        const replies = await own.batch([['GET', 'a'], ['DBSIZE'], ['STRLEN', 'b']])
        expect(replies).toStrictEqual([null, expect.any(ErrorReply), 0])
        await expect(own.batch([['MULTI'], ['GET', 'a'], ['EXEC']])).rejects.toThrow(/^MULTI: .*not sent/)
      })
    },
  )

  proxied('is refused for near and for a database, with what to do', async ({ proxy, make }) => {
    const near = await rejection(make({ cache: { location: proxy.location, near: true } }).ready())
    expect((near.error as Error).message).toMatch(/closes connections on HELLO\), which the option near needs/)
    const database = await rejection(make({ cache: { location: `${proxy.location}/3` } }).ready())
    expect(database.error).toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringMatching(/database 0 only/) })
  })

  test('is told from a server that ended connections at the first two tries', async ({
    server,
    make,
    onTestFinished,
  }) => {
    const proxy = await proxyTo(server.port, (client, chunk, count) => {
      if (count <= 2 && chunk.includes('HELLO')) client.destroy()
    })
    onTestFinished(() => proxy.close())
    const { cache } = make({ cache: { location: `${proxy.location}/2` } })
    expect(await cache.command(['CLIENT', 'INFO'], { intent: 'read' })).toMatch(/ db=2 /)
  })
})

interface Proxy {
  readonly location: string
  /** How many connections it has taken. */
  dialled(): number
  close(): void
}

/** Passes on what comes, unless `look` has destroyed the connection for it. */
async function proxyTo(port: number, look: (client: Socket, chunk: Buffer, count: number) => void): Promise<Proxy> {
  let count = 0
  const proxy = createServer((client) => {
    const number = ++count
    const server = connectSocket(port, '127.0.0.1').on('error', () => {})
    client.on('close', () => server.destroy()).on('error', () => {})
    client.on('data', (chunk) => {
      look(client, chunk, number)
      if (!client.destroyed) server.write(chunk)
    })
    server.pipe(client)
  })
  await once(proxy.listen(0, '127.0.0.1'), 'listening')
  const location = `valkey://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  return { location, dialled: () => count, close: () => void proxy.close() }
}

/** Refuses HELLO, which is all of the first write, and passes on everything behind it. */
async function refuseHello(client: Socket, refusal: string, port: number): Promise<void> {
  const [first] = (await once(client, 'data')) as [Buffer]
  expect(first.toString()).toMatch(/^\*\d\r\n\$5\r\nHELLO\r\n/)
  const server = connectSocket(port, '127.0.0.1')
  client.on('close', () => server.destroy()).on('error', () => {})
  client.pipe(server).pipe(client)
  client.write(`${refusal}\r\n`)
}

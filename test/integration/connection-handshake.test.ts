import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect } from 'vitest'
import type { NodeTarget } from '../../src/connection/connection.js'
import {
  AuthenticationError,
  CommandError,
  ConnectionError,
  ProtocolError,
  RoleMismatchError,
} from '../../src/errors.js'
import { eventually, freePort, type LabServer } from '../../src/lab/index.js'
import { patient, test, text } from '../support/connection.js'
import { rejection } from '../support/rejection.js'
import { Stopwatch } from '../support/stopwatch.js'

const secret = 'hunter2'

describe('a new connection', () => {
  test('speaks RESP3 under its name in its database', async ({ server, connect }) => {
    const connection = await connect(server, { clientName: 'web-1', database: 3 })
    expect(await connection.execute(text('CLIENT', 'INFO'), patient())).toMatch(/ name=web-1 .* db=3 .* resp=3\s/)
  })

  test('knows its address and has a generation of its own', async ({ server, connect }) => {
    const [one, two] = [await connect(server), await connect(server)]
    expect(one.address).toBe(server.address)
    expect(two.generation).toBeGreaterThan(one.generation)
  })

  test('has nothing pending', async ({ connection }) => {
    expect(connection.pending).toBe(0)
  })

  test('opens with one command allowed to wait, whatever it has to say first', async ({ server, connect }) => {
    const connection = await connect(server, { database: 1, maxPending: { commands: 1, bytes: 1 } })
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
  })
})

test('the server says what it calls this client', async ({ connection }) => {
  expect(connection.clientId).toBe(await connection.execute(text('CLIENT', 'ID'), patient()))
})

describe('the role', () => {
  test('is what the server says of itself', async ({ lab, connect }) => {
    const { nodes } = await lab.group({ replicas: 1, sentinels: 0 })
    const roles = await Promise.all(nodes.map(async (node) => (await connect(node)).role))
    expect(roles).toStrictEqual(['primary', 'replica'])
  })

  test('that is needed is proven before the connection is used', async ({ lab, connect }) => {
    const { nodes } = await lab.group({ replicas: 1, sentinels: 0 })
    const [primary, replica] = nodes as [LabServer, LabServer]
    await expect(connect(primary, { role: 'primary' })).resolves.toMatchObject({ role: 'primary' })
    await expect(connect(replica, { role: 'replica' })).resolves.toMatchObject({ role: 'replica' })
    const { error } = await rejection(connect(replica, { role: 'primary', clientName: 'refused' }))
    expect(error).toBeInstanceOf(RoleMismatchError)
    expect(error).toMatchObject({ code: 'E_ROLE', address: replica.address, expected: 'primary', actual: 'replica' })
    await nobodyIsCalled('refused', replica)
  })

  test('of a sentinel is none', async ({ lab, connect }) => {
    const { sentinels } = await lab.group({ replicas: 0, sentinels: 1 })
    const connection = await connect(sentinels[0] as LabServer)
    expect(connection.role).toBeUndefined()
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
  })
})

describe('credentials', () => {
  test('are a password', async ({ lab, connect }) => {
    const server = await lab.server({ config: { requirepass: secret } })
    const connection = await connect(server, { password: secret })
    expect(await connection.execute(text('ACL', 'WHOAMI'), patient())).toBe('default')
  })

  test('are a user and a password, any characters', async ({ server, connect }) => {
    const password = 'pässword with "spaces" \r\n and 日本'
    await server.command('ACL', 'SETUSER', 'bücher', 'on', `>${password}`, '+@all', '~*', '&*')
    const connection = await connect(server, { username: 'bücher', password })
    expect(await connection.execute(text('ACL', 'WHOAMI'), patient())).toBe('bücher')
  })

  test('can be functions, asked at each connect, so that they can rotate', async ({ server, connect }) => {
    let current = 'first'
    const options = { username: () => 'app', password: async () => Promise.resolve(current) }
    for (current of ['first', 'second', 'third']) {
      await server.command('ACL', 'SETUSER', 'app', 'on', 'resetpass', `>${current}`, '+@all', '~*')
      const connection = await connect(server, options)
      expect(await connection.execute(text('ACL', 'WHOAMI'), patient())).toBe('app')
    }
  })

  test.for([
    ['wrong', { password: 'wrong-and-unknown' }, /HELLO was refused: WRONGPASS/],
    ['of an unknown user', { username: 'nobody', password: 'wrong-and-unknown' }, /HELLO was refused: WRONGPASS/],
    ['missing', {}, /HELLO was refused: NOAUTH/],
  ] as const)(
    '%s are an AuthenticationError that names the server and no password',
    async ([, options, message], { lab, connect }) => {
      const server = await lab.server({ config: { requirepass: secret } })
      const { error } = await rejection(connect(server, options))
      expect(error).toBeInstanceOf(AuthenticationError)
      expect(error).toMatchObject({ code: 'E_AUTH', retryable: false, address: server.address })
      expect((error as Error).message).toMatch(message)
      expect((error as Error).message).not.toContain('wrong-and-unknown')
    },
  )

  test('that a function cannot give are an AuthenticationError with its error as cause', async ({
    server,
    connect,
  }) => {
    const cause = new Error('the vault is sealed')
    const password = (): Promise<string> => Promise.reject(cause)
    const { error } = await rejection(connect(server, { password }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error).toMatchObject({ address: server.address, cause })
  })

  test.for([
    ['a number', 5],
    ['null', null],
    ['undefined', undefined],
    ['an object', { password: secret }],
    ['bytes', Buffer.from(secret)],
  ])('that are %s and no text are an AuthenticationError', async ([, answer], { server, connect }) => {
    const password = (() => answer) as () => string
    const { error } = await rejection(connect(server, { password }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect((error as Error).message).toMatch(/: password: its function gave \w+; expected a string$/)
    expect((error as Error).message).not.toContain(secret)
  })

  test('that do not allow SELECT are an AuthenticationError that says so', async ({ server, connect }) => {
    await server.command('ACL', 'SETUSER', 'app', 'on', `>${secret}`, '+@all', '-select', '~*')
    const { error } = await rejection(connect(server, { username: 'app', password: secret, database: 1 }))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect((error as Error).message).toMatch(/SELECT was refused: NOPERM/)
  })

  test('that do not allow a command make it fail, and only it', async ({ server, connect }) => {
    await server.command('ACL', 'SETUSER', 'reader', 'on', `>${secret}`, '+get', '~*')
    const connection = await connect(server, { username: 'reader', password: secret })
    const set = connection.execute(text('SET', 'k', 'v'), patient())
    const get = connection.execute(text('GET', 'k'), patient())
    await expect(set).rejects.toBeInstanceOf(AuthenticationError)
    expect(await get).toBeNull()
  })
})

describe('what the server refuses ends the connection', () => {
  test('a database out of range', async ({ server, connect }) => {
    const { error } = await rejection(connect(server, { database: 99, clientName: 'refused' }))
    expect(error).toBeInstanceOf(CommandError)
    expect(error).toMatchObject({ command: 'SELECT', reply: 'ERR DB index is out of range' })
    await nobodyIsCalled('refused', server)
  })

  test('an initialiser that fails', async ({ server, connect }) => {
    const initialisers = [{ name: 'odd', command: text('CLIENT', 'ODD') }]
    await expect(connect(server, { initialisers, clientName: 'refused' })).rejects.toMatchObject({
      code: 'E_COMMAND',
      command: 'CLIENT',
    })
    await nobodyIsCalled('refused', server)
  })

  test('an answer that an initialiser does not accept', async ({ server, connect }) => {
    const refusal = new Error('not what was wanted')
    const accept = (): never => {
      throw refusal
    }
    const initialisers = [{ name: 'picky', command: text('ROLE'), accept }]
    const { error } = await rejection(connect(server, { initialisers, clientName: 'refused' }))
    expect(error).toBe(refusal)
    await nobodyIsCalled('refused', server)
  })

  test('a client too many, which may be better later', async ({ server, connect }) => {
    // On a connection of their own: the lab's may be closed by the time the last client comes.
    const [one] = [await connect(server), await connect(server)]
    await one.execute(text('CONFIG', 'SET', 'maxclients', '2'), patient())
    for (const wishes of [{}, { database: 1 }]) {
      const { error } = await rejection(connect(server, wishes))
      expect(error).toBeInstanceOf(CommandError)
      expect(error).toMatchObject({ retryable: true, message: expect.stringContaining('max number of clients') })
    }
  })
})

test('initialisers run in their order, each seeing its own answer', async ({ server, connect }) => {
  const seen: unknown[] = []
  const initialisers = ['one', 'two', 'three'].map((word) => ({
    name: word,
    command: text('ECHO', word),
    accept: (reply: unknown) => seen.push(reply),
  }))
  await connect(server, { initialisers, database: 1 })
  expect(seen).toStrictEqual(['one', 'two', 'three'])
})

describe('the connect deadline', () => {
  const connectTimeout = 200

  test('covers a server that accepts and says nothing', async ({ connect, impostor }) => {
    const closed: Promise<unknown>[] = []
    const target = await impostor((socket) => closed.push(once(socket.resume(), 'close')))
    await tooLate(() => connect(target, { connectTimeout }), target)
    await Promise.all(closed)
    expect(closed).toHaveLength(1)
  })

  test('covers a server that stops in the middle of its answer to HELLO', async ({ connect, impostor }) => {
    const target = await impostor((socket) => socket.write('%7\r\n$6\r\nserver\r\n$6\r\nval'))
    await tooLate(() => connect(target, { connectTimeout }), target)
  })

  test('covers a server that answers HELLO and not SELECT', async ({ connect, impostor }) => {
    const target = await impostor((socket) => socket.write('%1\r\n$4\r\nrole\r\n$6\r\nmaster\r\n'))
    await tooLate(() => connect(target, { connectTimeout, database: 1 }), target)
  })

  test('covers a server that is frozen', async ({ server, connect }) => {
    server.pause()
    await tooLate(() => connect(server, { connectTimeout }), server)
  })

  test('covers a password function that never answers', async ({ server, connect }) => {
    await tooLate(() => connect(server, { connectTimeout, password: () => new Promise(() => {}) }), server)
  })

  async function tooLate(dial: () => Promise<unknown>, { host, port }: NodeTarget): Promise<void> {
    using watch = new Stopwatch()
    const start = performance.now()
    const { error, at } = await rejection(dial())
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ code: 'E_CONNECTION', retryable: true, address: `${host}:${port}` })
    expect((error as Error).message).toContain(`no connection within ${connectTimeout} ms`)
    expect(at - start).toBeGreaterThan(connectTimeout - 5)
    expect(watch.elapsed(at)).toBeLessThan(connectTimeout + 500)
  }
})

describe('a caller that gives up', () => {
  test('gets its own reason at once, and the socket is closed', async ({ connect, impostor }) => {
    const caller = new AbortController()
    const reason = new Error('no longer wanted')
    const sockets: Socket[] = []
    const target = await impostor((socket) => {
      sockets.push(socket.resume())
      caller.abort(reason)
    })
    const { error } = await rejection(connect(target, { signal: caller.signal, connectTimeout: 60_000 }))
    expect(error).toBe(reason)
    await eventually(() => sockets.length === 1 && sockets.every(({ destroyed }) => destroyed))
  })

  test('before it began does not call the server', async ({ connect, impostor }) => {
    let calls = 0
    const target = await impostor(() => calls++)
    const { error } = await rejection(connect(target, { signal: AbortSignal.abort('changed my mind') }))
    expect(error).toBe('changed my mind')
    await connect(target, { connectTimeout: 50 }).catch(() => {})
    expect(calls).toBe(1)
  })

  test('while a password function is asked does not call the server', async ({ connect, impostor }) => {
    const caller = new AbortController()
    let calls = 0
    const target = await impostor(() => calls++)
    const password = (): Promise<string> => {
      setImmediate(() => caller.abort('changed my mind'))
      return new Promise(() => {})
    }
    const { error } = await rejection(connect(target, { password, signal: caller.signal }))
    expect(error).toBe('changed my mind')
    expect(calls).toBe(0)
  })

  test('after it is connected changes nothing', async ({ server, connect }) => {
    const caller = new AbortController()
    const connection = await connect(server, { signal: caller.signal })
    caller.abort()
    expect(await connection.execute(text('PING'), patient())).toBe('PONG')
  })
})

describe('what is no Valkey', () => {
  test('nobody there: a ConnectionError with the reason as cause', async ({ connect }) => {
    const target = { host: '127.0.0.1', port: await freePort() }
    const { error } = await rejection(connect(target))
    expect(error).toBeInstanceOf(ConnectionError)
    expect(error).toMatchObject({ retryable: true, cause: { code: 'ECONNREFUSED' } })
    expect((error as Error).message).toMatch(new RegExp(`^127.0.0.1:${target.port}: .*ECONNREFUSED`))
  })

  test('a host name that nobody knows: a ConnectionError with its name', async ({ connect }) => {
    const { error } = await rejection(connect({ host: 'no-such-host.invalid', port: 6379 }))
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toContain('no-such-host.invalid')
  })

  test('a web server: a ProtocolError', async ({ connect, onTestFinished }) => {
    const web = createHttpServer()
    onTestFinished(() => void web.close())
    await once(web.listen(0, '127.0.0.1'), 'listening')
    await isProtocolError(connect({ host: '127.0.0.1', port: (web.address() as AddressInfo).port }))
  })

  test.for([
    ['a mail server', '220 mail.example ESMTP\r\n'],
    ['a database that says no line', 'J\0\0\0\n8.0.36\0\b\0\0\0'],
    ['a server that answers with a length of 10^9', '*1000000000\r\n'],
    ['a server that answers more than it was asked', '+OK\r\n+OK\r\n+OK\r\n'],
  ])('%s: a ProtocolError', async ([, greeting = ''], { connect, impostor }) => {
    await isProtocolError(connect(await impostor((socket) => socket.write(greeting, 'latin1'))))
  })

  test('one that hangs up at once: a ConnectionError', async ({ connect, impostor }) => {
    const { error } = await rejection(connect(await impostor((socket) => socket.end())))
    expect(error).toBeInstanceOf(ConnectionError)
    expect((error as Error).message).toMatch(/closed the connection|ECONNRESET|EPIPE/)
  })

  async function isProtocolError(connecting: Promise<unknown>): Promise<void> {
    const { error } = await rejection(connecting)
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ code: 'E_PROTOCOL' })
  }
})

/** Whoever was refused is gone from the server's list. */
async function nobodyIsCalled(name: string, server: LabServer): Promise<void> {
  await eventually(async () => {
    const list = await server.command('CLIENT', 'LIST')
    return typeof list === 'string' && !list.includes(`name=${name} `)
  })
}

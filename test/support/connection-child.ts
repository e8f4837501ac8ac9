import { resolveConnectionOptions } from '../../src/connection/options.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'

/** A program that uses a connection to the port in its argument, closes it, and has nothing more to do. */
const factory = new RespConnectionFactory(resolveConnectionOptions({}, String))
const target = { host: '127.0.0.1', port: Number(process.argv[2]) }
const connection = await factory.connect(target, undefined, new AbortController().signal)
const deadline = performance.now() + 60_000
const replies = [1, 2, 3].map(() => connection.execute({ args: ['PING'], decode: 'text' }, { deadline }))
await connection.close()
process.stdout.write(JSON.stringify(await Promise.all(replies)))

import { performance } from 'node:perf_hooks'
import { load } from './our-build.mjs'

/** The connection below everything else. */
export async function open(server, { dist } = {}) {
  const { resolveConnectionOptions } = await load('connection/options.js', dist)
  const { RespConnectionFactory } = await load('connection/resp/factory.js', dist)
  const factory = new RespConnectionFactory(resolveConnectionOptions({}, String))
  const connection = await factory.connect(server, undefined, new AbortController().signal)
  return {
    get: (key) => connection.execute({ args: ['GET', key], decode: 'text' }, within()),
    getMany: (keys) => connection.execute({ args: ['MGET', ...keys], decode: 'text' }, within()),
    set: (key, value) => connection.execute({ args: ['SET', key, value], decode: 'text' }, within()),
    close: () => connection.close(),
  }
}

const within = () => ({ deadline: performance.now() + 1_000 })

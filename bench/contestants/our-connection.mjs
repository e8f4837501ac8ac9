import { performance } from 'node:perf_hooks'
import { resolveConnectionOptions } from '../../build/connection/options.js'
import { RespConnectionFactory } from '../../build/connection/resp/factory.js'

/** The connection below everything else; `json`: with the values' JSON read and written around it. */
export async function open(server, { json = false } = {}) {
  const factory = new RespConnectionFactory(resolveConnectionOptions({}, String))
  const connection = await factory.connect(server, undefined, new AbortController().signal)
  const get = (key) => connection.execute({ args: ['GET', key], decode: 'text' }, within())
  const set = (key, value) => connection.execute({ args: ['SET', key, value], decode: 'text' }, within())
  const close = () => connection.close()
  if (!json) return { get, set, close }
  return {
    get: async (key) => JSON.parse(await get(key)),
    set: (key, value) => set(key, JSON.stringify(value)),
    close,
  }
}

const within = () => ({ deadline: performance.now() + 1_000 })

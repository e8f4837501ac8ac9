import { performance } from 'node:perf_hooks'
import { load } from './our-build.mjs'

/** The connection below everything else; its `way` is `unix`, `tls`, or plain TCP. */
export async function open(server, { dist, way } = {}) {
  const { resolveConnectionOptions } = await load('connection/options.js', dist)
  const { RespConnectionFactory } = await load('connection/resp/factory.js', dist)
  const factory = new RespConnectionFactory(resolveConnectionOptions(optionsFor(way, server), String))
  const connection = await factory.connect(targetFor(way, server), undefined, new AbortController().signal)
  return {
    get: (key) => connection.execute({ args: ['GET', key], decode: 'text' }, within()),
    getMany: (keys) => connection.execute({ args: ['MGET', ...keys], decode: 'text' }, within()),
    set: (key, value) => connection.execute({ args: ['SET', key, value], decode: 'text' }, within()),
    close: () => connection.close(),
  }
}

const within = () => ({ deadline: performance.now() + 1_000 })

function optionsFor(way, { ways }) {
  return way === 'tls' ? { tls: { ca: ways.ca } } : {}
}

function targetFor(way, { host, port, ways }) {
  if (way === 'unix') return { host: '', port: 0, path: ways.path }
  return { host, port: way === 'tls' ? ways.securePort : port }
}

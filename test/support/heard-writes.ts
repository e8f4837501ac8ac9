import { resolveConnectionOptions } from '../../src/connection/options.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import type { LabServer } from '../../src/lab/index.js'
import { patient, subscribe } from './connection.js'
import type { NumberSource } from './watched-reads.js'

/**
 * The numbers under the keys of a server as a subscriber knows them to whom it publishes each SET: neither tracking nor
 * a near cache has to do with it, so what it knows too late is the machine's doing. Each SET of a key counts 1 more.
 * @param prefix what the keys begin with
 */
export async function hearWrites(server: LabServer, prefix: string): Promise<NumberSource> {
  await server.command('CONFIG', 'SET', 'notify-keyspace-events', 'E$')
  const factory = new RespConnectionFactory(resolveConnectionOptions({}, String), {})
  const connection = await factory.connect(server, undefined, new AbortController().signal)
  const heard = new Map<string, number>()
  connection.onPush(([kind, , made]) => {
    if (kind !== 'message') return
    const key = String(made).slice(prefix.length)
    heard.set(key, (heard.get(key) ?? 0) + 1)
  })
  await connection.execute(subscribe('__keyevent@0__:set'), patient())
  return { read: (key) => Promise.resolve(heard.get(key)), near: () => undefined }
}

// Another process that writes keys, as many as it is told to. Started by worker.mjs.
import { createClient } from '@redis/client'
import { payloads } from './payloads.mjs'
import { zipf } from './zipf.mjs'

const { payload, server, prefix } = JSON.parse(process.argv[2])
const client = createClient({ socket: server })
await client.connect()
const entries = payloads[payload]()
const next = zipf(entries.length)

process.on('message', (count) => {
  for (let written = 0; written < count; written++) {
    const { key, value } = entries[next()]
    void client.set(`${prefix}${key}`, JSON.stringify(value))
  }
})
process.on('disconnect', () => void client.close())
process.send('ready')

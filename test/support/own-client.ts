import type { CallOptions } from '../../src/clients/client.js'
import type { Call } from '../../src/clients/command.js'
import { MemoryClient } from '../../src/clients/memory/client.js'
import type { Client } from '../../src/index.js'

/** A client of one's own, which does not know the time. @param before what each call waits for */
export function ownClient(before: (call: Call<unknown>, options?: CallOptions) => unknown): Client {
  const memory = new MemoryClient()
  return {
    execute: async (call, options) => {
      await before(call, options)
      return memory.execute(call, options)
    },
    batch: (calls, options) => memory.batch(calls, options),
    scan: (from, options) => memory.scan(from, options),
    lease: () => memory.lease(),
    topology: () => memory.topology(),
    onTopology: () => memory.onTopology(),
    close: () => memory.close(),
    destroy: () => memory.destroy(),
  }
}

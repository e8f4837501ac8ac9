import { expect, test } from 'vitest'
import type { CallOptions } from '../../src/clients/client.js'
import type { Call } from '../../src/clients/command.js'
import { MemoryClient } from '../../src/clients/memory/client.js'
import { jsonSerializer } from '../../src/codec/serializers/json.js'
import type { TextSerializer } from '../../src/codec/serializer.js'
import { TextCodec } from '../../src/codec/text-codec.js'
import { eventually } from '../../src/lab/index.js'
import { cacheOver } from '../support/cache-over.js'

/** A client that does not run a command of a key before it is told to. */
class HeldClient extends MemoryClient {
  release: () => void = () => {}
  readonly #held: string
  readonly #released = new Promise<void>((resolve) => (this.release = resolve))

  constructor(held: string) {
    super()
    this.#held = held
  }

  override async execute<Out>(call: Call<Out>, options?: CallOptions): Promise<Out> {
    if (call.intent === 'read' && call.keys.includes(this.#held)) await this.#released
    return super.execute(call, options)
  }
}

test('getMany decodes each portion when it comes, and gives the values in the order asked', async () => {
  let decoded = 0
  const counting: TextSerializer = {
    ...jsonSerializer,
    deserialize: (stored, maxValues) => {
      decoded++
      return jsonSerializer.deserialize(stored, maxValues)
    },
  }
  const client = new HeldClient(':1:k0')
  const cache = cacheOver({ client, codec: new TextCodec(counting, []) })
  const entries = Array.from({ length: 2_500 }, (_, index) => [`k${index}`, `value ${index}`] as const)
  await cache.setMany(entries)
  const asked = cache.getMany(entries.map(([key]) => key))
  await eventually(() => expect(decoded).toBe(1_500))
  client.release()
  expect([...(await asked)]).toStrictEqual(entries)
  await cache.close()
})

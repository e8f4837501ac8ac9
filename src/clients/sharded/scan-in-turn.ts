import type { CallOptions } from '../client.js'
import type { ScanFrom } from '../commands/scan.js'
import type { RemoteClient } from '../remote.js'

/**
 * Every page of a scan of several shards, one after the other; while one is looked at, the next one works on its first page.
 * @param failed called with the error of a shard; the scan goes on with the next one unless it throws
 */
export async function* scanInTurn<Item>(
  shards: readonly RemoteClient[],
  stepAt: ScanFrom<Item>,
  options: CallOptions,
  failed: (error: unknown) => void,
): AsyncGenerator<readonly Item[], void, undefined> {
  const [first, ...others] = shards.map((shard) => shard.scan(stepAt, options)[Symbol.asyncIterator]())
  let current = first
  let page = current?.next()
  while (current !== undefined && page !== undefined) {
    const next = others.shift()
    const ahead = next?.next()
    // Whoever breaks off the scan leaves this page without an owner.
    ahead?.catch(() => {})
    try {
      for (let result = await page; result.done !== true; result = await current.next()) yield result.value
    } catch (error) {
      failed(error)
    }
    current = next
    page = ahead
  }
}

/** Every page of a scan of several shards; one that fails does not keep the others from being scanned: it is told at the end. */
export async function* scanAll<Item>(
  shards: readonly RemoteClient[],
  stepAt: ScanFrom<Item>,
  options: CallOptions,
): AsyncGenerator<readonly Item[], void, undefined> {
  const errors: unknown[] = []
  yield* scanInTurn(shards, stepAt, options, (error) => errors.push(error))
  if (errors.length > 0) throw errors[0]
}

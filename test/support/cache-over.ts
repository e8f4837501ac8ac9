import { Cache } from '../../src/cache/cache.js'
import type { CacheParts } from '../../src/cache/cache-parts.js'
import { MemoryClient } from '../../src/clients/memory/client.js'
import { KeyMaker } from '../../src/keys/key-maker.js'
import { Reporter } from '../../src/telemetry/reporter.js'

/** A cache of the codec and the other parts that are given: without a prefix, and in memory unless it has a client. */
export function cacheOver(parts: Partial<CacheParts> & Pick<CacheParts, 'codec'>): Cache {
  return new Cache({
    name: 'made',
    client: new MemoryClient(),
    keys: new KeyMaker('', 1),
    reporter: new Reporter({ now: () => 0 }),
    failSafe: false,
    ttl: undefined,
    closeTimeout: 5_000,
    ...parts,
  })
}

import { expect } from 'vitest'
import { eventually } from '../../src/lab/index.js'
import { under } from '../support/caches.js'
import { expectEndsByItself } from '../support/ends-by-itself.js'
import { test } from '../support/failover.js'

const closeTimeout = 2_000

test.for(['killed', 'frozen'])(
  'close() while the primary is %s resolves, and nothing stays alive',
  async (fault, { drill }) => {
    const run = await drill()
    await run.strike(() => (fault === 'killed' ? run.primary.kill() : run.primary.pause()))
    await eventually(() => run.cache.topology().state === 'suspect')
    await run.goOnReading(50)
    expect(await run.closeNow()).toBeLessThanOrEqual(closeTimeout + 100)
  },
)

test.for(['kill', 'pause'] as const)(
  'a program that closes during a failover (%s) ends by itself',
  async (fault, { lab }) => {
    const group = await lab.group()
    await expectEndsByItself(under(group), async () => (await group.primary())[fault]())
  },
)

import { eventually } from '../../src/lab/index.js'
import { expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a sentinel that slept through the failover does not move the cache back', async ({ drill }) => {
  const run = await drill()
  const sleeper = run.group.sentinels[2]
  sleeper?.pause()
  await run.strike(() => run.primary.kill())
  await run.switched()
  sleeper?.resume()
  await eventually(() => run.cache.topology().sentinels.includes(sleeper?.address ?? ''), { timeout: 15_000 })
  await run.goOn(50)
  const outcome = await run.finish()
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

import { expect } from 'vitest'
import { eventually, type LabServer } from '../../src/lab/index.js'
import { expectReadsWent, expectSwitched, test } from '../support/failover.js'

/** What a user must be allowed: the commands that this drill runs, and what the cache itself needs. */
const forNodes = ['~*', '+get', '+mget', '+set', '+ping', '+role', '+client|setname']
/** Redis has no such command. */
const onlyValkey = ['+client|capa']
const forSentinels = [
  'allchannels',
  '+ping',
  '+subscribe',
  '+client|setname',
  ...['get-master-addr-by-name', 'master', 'replicas', 'sentinels'].map((name) => `+sentinel|${name}`),
]

test('passwords of nodes and of sentinels are rotated while all runs, and a failover follows', async ({
  lab,
  drill,
}) => {
  const rules = lab.software === 'valkey' ? [...forNodes, ...onlyValkey] : forNodes
  let [ofNodes, ofSentinels] = ['one', 'first']
  const run = await drill({
    group: { downAfter: 3_000 },
    cache: {
      username: 'app',
      password: () => ofNodes,
      sentinelOptions: { username: 'watcher', password: async () => ofSentinels },
    },
    before: async ({ nodes, sentinels }) => {
      await onAll(nodes, 'ACL', 'SETUSER', 'app', 'reset', 'on', '>one', ...rules)
      await onAll(sentinels, 'ACL', 'SETUSER', 'watcher', 'reset', 'on', '>first', ...forSentinels)
    },
  })
  const { nodes, sentinels } = run.group
  await onAll(nodes, 'ACL', 'SETUSER', 'app', '>two', '<one')
  await onAll(sentinels, 'ACL', 'SETUSER', 'watcher', '>second', '<first')
  ;[ofNodes, ofSentinels] = ['two', 'second']
  await onAll(sentinels, 'CLIENT', 'KILL', 'USER', 'watcher')
  await onAll(nodes, 'CLIENT', 'KILL', 'USER', 'app')
  await eventually(() => run.cache.topology().sentinels.length === 3)
  await run.goOn(50)
  await run.strike(() => run.group.failover())
  await run.switched()
  const outcome = await run.finish()
  expect([...outcome.writes.failures.keys()].filter((code) => code !== 'E_INTERRUPTED')).toEqual([])
  expect(await refusedOf([...nodes, ...sentinels], 'auth')).toBe(0)
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

async function onAll(servers: readonly LabServer[], ...command: readonly string[]): Promise<void> {
  await Promise.all(servers.map((server) => server.command(...command)))
}

/** How many refusals of this kind the servers logged. */
async function refusedOf(servers: readonly LabServer[], reason: string): Promise<number> {
  const logs = await Promise.all(servers.map((server) => server.command('ACL', 'LOG')))
  return (logs as Map<string, unknown>[][]).flat().filter((entry) => entry.get('reason') === reason).length
}

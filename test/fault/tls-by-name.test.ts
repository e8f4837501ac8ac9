import { expect } from 'vitest'
import { makeAuthority, makeCertificate } from '../support/certificates.js'
import { expectReadsWent, expectSwitched, test } from '../support/failover.js'

test('a failover of servers that are known by name, with certificates that say nothing but the name', async ({
  lab,
  drill,
}) => {
  const authority = await makeAuthority(lab.folder, 'authority')
  const certificate = await makeCertificate(lab.folder, authority, 'DNS:localhost')
  const tls = { ca: authority.cert }
  const run = await drill({
    group: { downAfter: 3_000, host: 'localhost', tls: { ...certificate, caFile: authority.certFile } },
    cache: { tls, sentinelOptions: { tls } },
  })
  await run.strike(() => run.group.failover())
  await run.switched()
  const { primary, replicas, sentinels } = run.cache.topology()
  expect([primary, ...replicas, ...sentinels].filter((address) => !address?.startsWith('localhost:'))).toEqual([])
  const outcome = await run.finish()
  expect(outcome.lostAt).toEqual([])
  expectSwitched(outcome)
  expectReadsWent(outcome)
})

import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLab, type Lab } from '../../src/lab/index.js'
import { makeAuthority, makeCertificate } from '../support/certificates.js'
import { startTlsServer } from '../support/tls-server.js'

/** What each example prints on a fresh deployment. */
const outputs: Readonly<Record<string, string>> = {
  'quickstart.js': "{ name: 'Ada' }\n3 true 1\n",
  'commands/values.ts': `true
{ name: 'Ada' }
false
true
[]
Map(2) { 'user:3' => 'Edsger', 'user:2' => 'Grace' }
{ rows: 3 }
true false
once undefined
true
3
`,
  'commands/get-or-set.ts': "{ name: 'Ada', load: 1 } 1\nfalse\nE_TIMEOUT\nagreed\n",
  'commands/get-or-set-many.ts': `asked for [ 'user:3', 'user:2', 'user:9' ]
Map(3) {
  'user:3' => 'loaded user:3',
  'user:1' => 'Ada',
  'user:2' => 'loaded user:2'
}
`,
  'options/client-certificate.ts': 'hello\n',
  'loads/stampede.ts': '100 answers, 1 load\n',
  'loads/bounds.ts': 'E_TIMEOUT\nundefined 1\n',
  'loads/stale.ts': 'undefined 1 EUR\n1 EUR\n2 EUR\n3 EUR\n',
  'loads/herd.ts': 'the report of this month true\nthe report of this month\ntrue\n',
  'loads/refresh-ahead.ts': 'load 1\nload 1\n2 loads\n',
  'commands/wrap.ts': "{ price: '12 EUR for tea' }\n{ price: '12 EUR for tea' } 1\n{ price: '12 EUR for tea' } 2\n",
  'commands/memo.ts': "[ 'Hello Ada', 'Not Ada?' ]\n[ 'Hello Grace', 'Not Grace?' ]\n",
  'commands/tags.ts': 'page 1\npage 1\npage 2\nundefined undefined\n',
  'observability/channels.ts': 'set: 0 hits, 0 misses\ngetMany: 1 hits, 1 misses\n',
  'observability/stats.ts': '{ getMany: 1, getOrSet: 1 }\n1 1 2\n1 true\n',
  'observability/prometheus.ts':
    'valkey_cache_reads_total{cache="users",outcome="hit"} 1\nvalkey_cache_reads_total{cache="users",outcome="miss"} 1\n',
  'observability/otel.ts': 'cache.load \ncache.getOrSet 1\n',
  'steps/page.ts': '10 visitors, 10 queries\n' + '10 visitors, 1 query\n'.repeat(4),
  'near/near.ts': "{ name: 'Grace' }\ntrue\n{ name: 'Edsger' } { name: 'Edsger' }\n",
  'commands/counters.ts': '42\n40\n40.5\n5\ntrue\n9007199254740992n\n2\nundefined draft\n1\n',
  'commands/expiry.ts': 'true\ntrue\ntrue\ntrue\nnull undefined\ntrue false\n',
  'commands/keys.ts': "[ 'user:1', 'user:2' ]\norder:1\nkeys:1:user:1 keys:2:user:1\n2\n1\n",
  'commands/sets.ts': `3
3 [ 'five', 'one', 'three' ]
true [ true, false ]
[ 'one', 'three' ]
[ 'five', 'one', 'three', 'two' ]
[ 'five' ]
2
4 1
true
1
string 2
string 2
[ 'Ada', 'Alan' ]
Grace
`,
  'commands/hashes.ts': `3
false
Ada
[ [ 'math' ], undefined ]
3
Map(3) { 'name' => 'Ada', 'tags' => [ 'math' ], 'visits' => 3 }
3 [ 'name', 'tags', 'visits' ]
[ 'Ada', [ 'math' ], 3 ]
1
false
`,
  // The lab's server is older than Valkey 9.
  'commands/field-ttl.ts': 'E_UNSUPPORTED\n',
  'commands/sorted-sets.ts': `3
0
25
30 [ 20, undefined ]
2 0
[ [ 'Alan', 20 ], [ 'Grace', 25 ], [ 'Ada', 30 ] ]
[ 'Ada', 'Grace' ]
[ 'Grace' ]
[ 'Grace', 'Alan' ]
3 2
30
Grace 25
[ [ 'Alan', 20 ] ] [ [ 'Ada', 30 ] ]
1
1
1
`,
  'commands/own-commands.ts': "2\n[ 'own:1:queue', 'first' ]\ntrue Ada 1\n[ 'OK' ] 10\n",
  'errors/fail-safe-call.ts': 'OUTAGE\nundefined\ntrue\nRECOVERY\n',
  'errors/fail-safe.ts': 'true\nOUTAGE in get\nundefined\nfalse\nAda\n',
  'keys/versions.ts': `shop:1:user:1 shop:2:user:1
undefined
Ada Lovelace { first: 'Ada', last: 'Lovelace' }
2
hello
1 2
`,
  'keys/own-keys.ts': "app/v1/user:1\n[ 'user:1', 'user:2' ]\n[ 'what*ever' ]\n3\n",
  'options/shared.ts': "{ name: 'Ada' } <h1>Hello</h1>\n",
  'locks/one-at-a-time.ts': 'ours true\nours true\nlocked false\n',
  'locks/skip.ts': "[ 'done', 'somebody else does it' ]\n",
  'locks/long-work.ts': 'one\ntwo\n',
  'typed/users.ts': 'Ada 1970 false\n1944 2\n',
  'typed/several-parts.ts': "{ lines: [ { amount: 2 } ] }\n[ 'lines.0.amount' ]\n",
  'codec/rich-json.ts': `{
  paid: 2026-01-31T12:00:00.000Z,
  total: 18446744073709551616n,
  tags: Set(1) { 'gift' },
  scan: <Buffer 25 50 44 46>
}
`,
  'codec/compressed.ts': '1000 rows\n',
  'codec/migration.ts': `Map(2) {
  'old' => { written: 'as gzipped JSON, which is longer than 15 bytes' },
  'new' => { written: 'as MessagePack, which is longer than 15 bytes' }
}
`,
  'codec/raw.ts': '14 bytes: GIF89a\n',
  'codec/own-serializer.ts': "[ 'Tyger Tyger, burning bright,', 'In the forests of the night' ]\n",
  'codec/encryption.ts': `Map(2) {
  'session:1' => { user: 'ada' },
  'session:2' => { user: 'grace' }
}
`,
  'pickle/read.ts':
    '00000000-0000-0000-0000-000000000007 9.90 2\n' +
    '2024-01-31T12:30:59.123Z 2024-01-31T12:30:59.123456+00:00\n' +
    '[["00000000-0000-0000-0000-000000000007","9.90",2]] true\n',
  'pickle/write.ts':
    '540 {"lines":[["tea",2,"4.50"]],"placed":"2024-01-31T12:30:59.123000+00:00","note":"<b>fragile</b>"}\n',
  'sentinel/minimal.ts': 'hello\n2 replicas answer reads\n',
  'sentinel/full.ts': '{ lines: 3 } shop:1:order:7\n',
  'sentinel/list.ts': 'written to the primary\n',
  'sentinel/read-only.ts':
    'undefined\nE_READ_ONLY SET refused: caches.replicas.location names replicas only; write through a cache that has the primary.\n',
  'sentinel/mixed.ts': 'default plain local\n',
  'sentinel/events.ts': 'steady primary replica replica\n',
  'sentinel/read-from.ts': 'hello hello\n',
  'sentinel/subnet.ts': 'hello\n',
  'cluster/minimal.ts': "hello\n[ 'user:3', 'user:1' ]\n4\n",
  'cluster/together.ts': "E_CROSS_SLOT\n[ 'grace' ]\n[ -1, 1 ]\n",
  'cluster/topology.ts': 'steady 0-5460 1\nsteady 5461-10922 1\nsteady 10923-16383 1\n',
  'outages/delete.ts': "E_TIMEOUT true\nundefined\nundefined\n{ name: 'Grace' }\n",
  'lab/server.ts': '42\nE_TIMEOUT\n42\nundefined\n',
  'lab/failover.ts': 'writes were back within 5 s: true, on the new primary: true\ncalls that got no answer: 0\n',
  'shard/minimal.ts': "[ 'user:3', 'user:1' ]\nE_CROSS_SLOT\n[ 'grace' ]\n3 7\n",
  'shard/sentinel.ts': '2\n',
  'lab/cluster.ts': '6 nodes, 3 of them primaries\nthe key lies on the replica that was promoted: true\n4 primaries\n',
  'lab/links.ts': 'the primary is far away: true\nwritten to the new primary: true\n',
  'django/full.ts': '{ lines: 3 } shop:1:order:7\n',
  'django/minimal.ts': 'hello\n',
  'django/cluster.ts': '{ lines: 3 } shop:1:order:7\n',
  'django/list.ts': 'written to the primary\n',
  'django/read-only.ts':
    'undefined\nE_READ_ONLY SET refused: caches.replicas.location names replicas only; write through a cache that has the primary.\n',
  'django/mixed.ts': 'default plain\n',
  'django/sessions.ts': 'shop:1:django.contrib.sessions.cachen0de5e551on\nnot logged in\n',
}

/** How each runtime is told to run a program; `npm run test:full` names others than Node, and puts them on PATH. */
const runtimes: Readonly<Record<string, (file: string) => readonly [program: string, ...args: string[]]>> = {
  node: (file) => (file.endsWith('.ts') ? ['node', '--import', 'tsx', file] : ['node', file]),
  bun: (file) => ['bun', 'run', file],
  deno: (file) => ['deno', 'run', '--allow-all', file],
}
const { VALKEY_CACHE_RUNTIME: runtime = 'node' } = process.env

let lab: Lab
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  lab = await startLab()
  const [group, cluster, plain, secure] = await Promise.all([
    lab.group({ config: { 'min-replicas-to-write': '1' } }),
    lab.cluster(),
    lab.server(),
    secureServer(),
  ])
  const SENTINELS = group.sentinelAddresses.map(([host, port]) => `${host}:${port}`).join()
  const CLUSTER = cluster.locations.join()
  const SHARDS = [2, 3, 4].map((database) => `valkey://${plain.address}/${database}`).join()
  const SERVICES = 'valkey://mymaster/1,valkey://mymaster/2'
  env = { ...process.env, SENTINELS, SERVICES, CLUSTER, SHARDS, ...secure, VALKEY_URL: `valkey://${plain.address}/1` }
})

/** A server that wants a certificate of its clients; what leads an example to it. */
async function secureServer(): Promise<NodeJS.ProcessEnv> {
  const VALKEY_TLS = lab.folder
  const authority = await makeAuthority(VALKEY_TLS, 'ca')
  const own = await makeCertificate(VALKEY_TLS, authority, 'IP:127.0.0.1')
  await Promise.all([copyFile(own.certFile, `${VALKEY_TLS}/tls.crt`), copyFile(own.keyFile, `${VALKEY_TLS}/tls.key`)])
  const wants = { 'tls-auth-clients': 'yes', 'tls-ca-cert-file': authority.certFile }
  const { secure } = await startTlsServer(lab, own, wants)
  return { VALKEY_TLS, VALKEYS_URL: `valkeys://127.0.0.1:${secure.port}/0` }
}

afterAll(() => lab.stop())

test('every example has its output written down', () => {
  const files = readdirSync('examples', { recursive: true }).map(String)
  const ofJudges = /^(adapters|apps)\// // judges/examples.test.ts has the frameworks that these need.
  expect(files.filter((file) => /\.[jt]s$/.test(file) && !ofJudges.test(file)).sort()).toEqual(
    Object.keys(outputs).sort(),
  )
})

test.each(Object.entries(outputs))(
  '%s runs as it stands, warns of nothing and ends by itself',
  async (file, output) => {
    const [program = '', ...args] = runtimes[runtime]?.(join('examples', file)) ?? []
    const { stdout, stderr } = await promisify(execFile)(program, args, { env })
    expect(shown(stdout)).toBe(shown(output))
    expect(stderr).toBe('')
  },
)

/** What was printed; of other runtimes without what `console.log` writes between the parts of an object. */
function shown(text: string): string {
  return runtime === 'node' ? text : text.replaceAll(/[\s'",:=>]+/g, ' ').trim()
}

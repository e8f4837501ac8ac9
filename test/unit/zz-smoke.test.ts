import { test } from 'vitest'
import { ClusterProvider } from '../../src/topology/cluster/provider.js'
import { RespConnectionFactory } from '../../src/connection/resp/factory.js'
import { resolveConnectionOptions } from '../../src/connection/options.js'
import { loopClock } from '../../src/connection/deadlines.js'
import { execFileSync } from 'node:child_process'
const show = (m: any) => m.shards.map((s: any) => `${s.id}: ${s.primary?.port} [${s.replicas.map((r: any) => r.port)}] ${s.slots.length} ${s.slots.slice(0,3).join(' ')}`).join(' | ')
const requests = () => [1,2,3,4,5,6].reduce((n, i) => { try { return n + Number(/cmdstat_cluster\|shards:calls=(\d+)/.exec(execFileSync('valkey-cli', ['-p', `2180${i}`, 'info', 'commandstats']).toString())?.[1] ?? 0)} catch {return n} }, 0)
test('x', async () => {
  const factory = new RespConnectionFactory(resolveConnectionOptions({}, (n) => n), {})
  const p = new ClusterProvider({ seeds: [{ host: '127.0.0.1', port: 21801 }], timeout: 1000, secure: false, path: 'x' }, factory, loopClock)
  const t0 = loopClock.now()
  p.onChange((m, e) => console.log((loopClock.now() - t0).toFixed(), show(m), JSON.stringify(e)))
  p.onFailure((e) => console.log(e))
  p.start()
  await p.look()
  for (const s of p.current!.shards) p.shard(s.id).onChange((t, e) => console.log((loopClock.now() - t0).toFixed(), s.id, JSON.stringify(t), JSON.stringify(e)))
  console.log('timeout', p.nodeTimeout, 'requests', requests())
  await new Promise(r => setTimeout(r, 1200))
  // planned failover
  const [s0] = p.current!.shards
  execFileSync('valkey-cli', ['-p', String(s0!.replicas[0]!.port), 'cluster', 'failover'])
  await new Promise(r => setTimeout(r, 100))
  const before = requests()
  for (let i = 0; i < 100; i++) p.moved(5, s0!.replicas[0]!, `127.0.0.1:${s0!.primary!.port}`)
  await new Promise(r => setTimeout(r, 3000))
  console.log('requests', requests() - before)
  p.destroy()
}, 30000)

import { readFile, writeFile } from 'node:fs/promises'
import { eventually, type LabGroup, type LabServer } from '../../../src/lab/index.js'
import type { FaultKind, Step } from './schedule.js'

/**
 * What promises become weaker for a while: `lossy`, acknowledged writes may be lost, or old ones may arrive late; `held`,
 * writes may be held, and reads do not wait for them; `silent`, the primary may answer nothing, PING included, for longer
 * than usual, so that a replica answers reads of own writes where it may.
 */
export type Effect = 'none' | 'lossy' | 'held' | 'silent'

/** A fault on its way. */
export interface Fault {
  readonly effect: Effect
  /** Begins; resolves when it has begun. */
  readonly strike: () => unknown
  /** Mends it. */
  readonly mend: () => unknown
}

/** What a step does to a group. */
export async function faultOf({ kind, target, strength }: Step, group: LabGroup): Promise<Fault> {
  const primary = await eventually(() => group.primary(), { timeout: 20_000 })
  const node = /primary/.test(kind) ? primary : (group.nodes[target] as LabServer)
  const sentinel = group.sentinels[target] as LabServer
  const onPrimary = node === primary
  const clientsOnly = { from: 'clients' } as const
  const heal = (): void => node.proxy.heal()
  const start = (): Promise<void> => node.start()
  const resume = (): void => node.resume()
  const deadly = onPrimary ? 'lossy' : 'none'
  const slow: Fault = {
    effect: onPrimary ? 'silent' : 'none',
    strike: () => node.proxy.delay(5 + strength * 75, clientsOnly),
    mend: heal,
  }
  const trickle: Fault = {
    effect: onPrimary ? 'silent' : 'none',
    strike: () => node.proxy.trickle(4_000 + strength * 60_000, clientsOnly),
    mend: heal,
  }
  const cutOff: Fault = {
    effect: deadly,
    strike: () => node.proxy.blackhole(strength < 0.5 ? clientsOnly : {}),
    mend: heal,
  }
  const kill: Fault = { effect: deadly, strike: () => node.kill(), mend: start }
  const freeze: Fault = { effect: deadly, strike: () => node.pause(), mend: resume }
  const faults: Readonly<Record<FaultKind, Fault>> = {
    kill,
    'kill the primary': kill,
    freeze,
    'freeze the primary': freeze,
    'slow way': slow,
    'slow way to the primary': slow,
    trickle,
    'trickle to the primary': trickle,
    'black hole': cutOff,
    'cut off the primary': cutOff,
    'planned failover': { effect: 'held', strike: () => failOver(group), mend: () => {} },
    'kill a sentinel': { effect: 'none', strike: () => sentinel.kill(), mend: () => sentinel.start() },
    'freeze a sentinel': { effect: 'none', strike: () => sentinel.pause(), mend: () => sentinel.resume() },
    'replace a sentinel': replacement(sentinel, primary),
  }
  return faults[kind]
}

/** Orders a failover, and another one when the sentinels gave it up: on a busy machine the candidate may be too late. */
function failOver(group: LabGroup): Promise<LabServer> {
  return eventually(() => group.failover({ timeout: 10_000 }), { timeout: 60_000 })
}

function replacement(sentinel: LabServer, primary: LabServer): Fault {
  let file = ''
  const strike = async (): Promise<void> => {
    const info = await eventually(() => sentinel.command('INFO', 'server'), { timeout: 20_000 })
    file = /^config_file:(.*)$/m.exec(String(info))?.[1]?.trim() ?? ''
    await sentinel.kill()
  }
  return { effect: 'none', strike, mend: () => startAnew(sentinel, file, primary) }
}

/** Starts a sentinel in the place of another: it knows whom to watch, and nobody else. */
async function startAnew(sentinel: LabServer, file: string, { host, port }: LabServer): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => !learned.test(line))
  const monitor = /^(sentinel monitor \S+) \S+ \d+/
  await writeFile(file, lines.map((line) => line.replace(monitor, `$1 ${host} ${port}`)).join('\n'))
  await sentinel.start()
}

/** What a sentinel writes into its own configuration. */
const learned = /^sentinel (myid|current-epoch|config-epoch|leader-epoch|known-replica|known-slave|known-sentinel) /

// One fault, on one group, felt by all contestants at the same time: it is the same one for all of them.
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Contestant } from './contestant.mjs'

/** In ms: before the fault. */
const warmUp = 2_000

/** @returns what the fault came to: what the sentinels did, and each contestant's outcome */
export async function contest(lab, fault, entries) {
  const group = await lab.group({ downAfter: fault.downAfter })
  const contestants = entries.map((entry) => new Contestant(entry, group, { writes: fault.writes, reads: 100 }))
  try {
    return await play(group, fault, contestants)
  } finally {
    for (const contestant of contestants) contestant.end()
    await Promise.all([...group.nodes, ...group.sentinels].map((server) => server.kill()))
  }
}

async function play(group, fault, contestants) {
  const tell = (word) => Promise.all(contestants.map((contestant) => contestant.answer(word)))
  const [primary, ...replicas] = group.nodes
  const stored = await tell()
  await settle(stored, primary, replicas)
  await tell('start')
  await sleep(warmUp)
  await tell('mark')
  const struckAt = performance.now()
  const naming = group.addressChanged(primary.address, { timeout: fault.lasts }).catch(() => undefined)
  await fault.strike({ group, primary, replicas })
  await sleep(struckAt + fault.lasts - performance.now())
  const accounts = await tell('stop')
  const named = await naming
  const judge = named ? await group.primary() : primary
  const lost = []
  for (const [index, account] of accounts.entries()) lost.push(await lostOf(account, stored[index], judge))
  return {
    fault,
    namedAfter: named && named.at - struckAt,
    epoch: await epochOf(group),
    outcomes: contestants.map(({ name, problem }, index) => ({ name, problem, ...accounts[index], lost: lost[index] })),
  }
}

/** What is read is on every node before the reading begins. */
async function settle(stored, primary, replicas) {
  for (const keys of stored) if (keys) await primary.command('SET', keys.settled, 1)
  await primary.command('WAIT', replicas.length, 5_000)
}

/** How many acknowledged writes the primary does not have; undefined when there is nobody to ask. */
async function lostOf(account, keys, primary) {
  if (!account || primary.state !== 'running') return undefined
  let lost = 0
  for (let from = 0; from < account.acknowledged.length; from += 1_000) {
    const some = account.acknowledged.slice(from, from + 1_000)
    const values = await primary.command('MGET', ...some.map((n) => `${keys.writes}${n}`))
    lost += values.filter((value, index) => value !== String(some[index])).length
  }
  return lost
}

/** How often the sentinels failed over; undefined when none is left to tell. */
async function epochOf({ sentinels, serviceName }) {
  const sentinel = sentinels.find(({ state }) => state === 'running')
  return sentinel && Number((await sentinel.command('SENTINEL', 'MASTER', serviceName)).get('config-epoch'))
}

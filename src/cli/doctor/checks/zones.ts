import type { Facts } from '../../look/facts.js'
import { ofTold, type Check, type Evidence, type Problem } from '../check.js'

/** Every server tells its availability zone, and one is in that of the cache, where it has one. */
export const zones: Check = {
  name: 'zones',
  fine: ({ facts, remote }) => {
    const { zone } = remote.routing
    return zone === undefined ? undefined : ofTold(facts, `servers tell their zones, and some are in '${zone}'`)
  },
  problems: (evidence) => [...withoutZone(evidence.facts), ...elsewhere(evidence)],
}

interface Placed {
  readonly address: string
  /** `''`: it tells none. */
  readonly zone: string
}

function placed({ nodes }: Facts): readonly Placed[] {
  return nodes.flatMap(({ address, told }) =>
    told?.info === undefined ? [] : [{ address, zone: told.info.get('availability_zone') ?? '' }],
  )
}

function withoutZone(facts: Facts): readonly Problem[] {
  return placed(facts)
    .filter(({ zone }) => zone === '')
    .map(({ address }) => ({
      level: 'warn',
      subject: address,
      message: 'the server tells no availability zone, so it is read as one in another zone',
      advice: 'CONFIG SET availability-zone there (Valkey from 8.0 on), or use readFrom.subnet',
    }))
}

function elsewhere({ facts, remote }: Evidence): readonly Problem[] {
  const { zone } = remote.routing
  const names = [...new Set(placed(facts).map((one) => one.zone))].filter((name) => name !== '').sort()
  if (names.length === 0 || zone === undefined || names.includes(zone)) return []
  const message = `no server is in zone '${zone}' of the cache, but in ${names.map((name) => `'${name}'`).join(', ')}`
  return [{ level: 'warn', message, advice: 'correct zone, whose case counts, or start a replica there' }]
}

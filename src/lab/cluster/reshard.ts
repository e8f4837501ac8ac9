import type { Milliseconds } from '../../units.js'
import { eventually } from '../eventually.js'
import { LabError } from '../lab-error.js'
import { loopback } from '../ports.js'
import { Control } from '../server/control.js'
import type { ClusterNode } from './config.js'
import { rangesOf } from './slots.js'

/** Slots on their way from one primary to another. */
export interface SlotMove {
  readonly slots: readonly number[]
  readonly from: ClusterNode
  readonly to: ClusterNode
  /** Of the receiving node. */
  readonly password: string | undefined
  /** How many numbered databases the nodes have. */
  readonly databases: number
}

/**
 * The slots that are meant: those listed, or so many of the highest that the node owns.
 * @throws {LabError} E_LAB when the node does not own them
 */
export function chooseSlots(wanted: number | readonly number[], owned: readonly number[]): readonly number[] {
  const sorted = owned.toSorted((one, other) => one - other)
  if (typeof wanted === 'number') {
    if (wanted >= 1 && wanted <= owned.length) return sorted.slice(-wanted)
    throw new LabError(`slots must be from 1 to ${owned.length}, as many as the node owns, got ${wanted}.`)
  }
  const foreign = wanted.filter((slot) => !owned.includes(slot))
  if (foreign.length > 0) throw new LabError(`The node does not own these slots: ${foreign.join(', ')}.`)
  return wanted
}

/** Moves slots as valkey-cli does, SETSLOT and MIGRATE, with some of them open at the same time. */
export async function moveSlots({ slots, ...move }: SlotMove): Promise<void> {
  const lines = {
    from: new Lines(move.from, move.password),
    to: new Lines(move.to, move.password),
    databases: databasesOf(move),
  }
  try {
    for (let start = 0; start < slots.length; start += openAtOnce)
      await moveTogether({ ...move, slots: slots.slice(start, start + openAtOnce) }, lines)
  } finally {
    lines.from.drop()
    lines.to.drop()
    for (const { control } of lines.databases) control.drop()
  }
}

/** The lines to both ends of a move. */
interface Ends {
  readonly from: Lines
  readonly to: Lines
  readonly databases: readonly Database[]
}

/** A line to one database of the node that gives. */
interface Database {
  readonly number: number
  readonly control: Control
}

/** What tells the keys of a slot, and MIGRATE, know of the connection's database only. */
function databasesOf({ from, password, databases }: Omit<SlotMove, 'slots'>): readonly Database[] {
  const target = { host: loopback, port: from.place.port }
  return Array.from({ length: databases }, (_, database) => ({
    number: database,
    control: new Control(target, { password, database }),
  }))
}

/** The receiving node is told first at both ends, so that neither answers that it knows nothing of the slot. */
async function moveTogether(move: SlotMove, { from, to, databases }: Ends): Promise<void> {
  const { slots } = move
  const ids = { from: move.from.place.id, to: move.to.place.id }
  await to.setSlots(slots, ['IMPORTING', ids.from])
  await from.setSlots(slots, ['MIGRATING', ids.to])
  await Promise.all(databases.flatMap((database) => slots.map((slot) => moveKeys(slot, database, move))))
  await to.setSlots(slots, ['NODE', ids.to])
  await from.setSlots(slots, ['NODE', ids.to])
}

/** Several lines to one node: SETSLOT holds up its connection until the replicas have it too, from Valkey 8 on. */
class Lines {
  readonly #controls: readonly Control[]

  constructor({ place }: ClusterNode, password: string | undefined) {
    this.#controls = Array.from({ length: 20 }, () => new Control({ host: loopback, port: place.port }, { password }))
  }

  async setSlots(slots: readonly number[], state: readonly [string, string]): Promise<void> {
    const line = (index: number): Control => this.#controls[index % this.#controls.length] as Control
    const set = (slot: number, index: number): Promise<unknown> =>
      line(index).ask(['CLUSTER', 'SETSLOT', String(slot), ...state], patience)
    await Promise.all(slots.map(set))
  }

  drop(): void {
    for (const control of this.#controls) control.drop()
  }
}

async function moveKeys(slot: number, database: Database, move: SlotMove): Promise<void> {
  const listed = ['CLUSTER', 'GETKEYSINSLOT', String(slot), String(keysAtOnce)]
  while (true) {
    const keys = (await database.control.ask(listed, patience)) as string[]
    if (keys.length === 0) return
    await eventually(() => migrate(keys, database, move))
  }
}

/**
 * Past the proxy: MIGRATE dials from no address of its own, so that a proxy would take it for a client.
 * A key that is at both ends was left there by a MIGRATE that failed; the old one is what counts until the slot is moved.
 */
function migrate(keys: readonly string[], database: Database, { to, password }: SlotMove): Promise<unknown> {
  const auth = password === undefined ? [] : ['AUTH', password]
  const target = [loopback, String(to.place.ownPort), '', String(database.number), String(patience / 2)]
  return database.control.ask(['MIGRATE', ...target, 'REPLACE', ...auth, 'KEYS', ...keys], patience)
}

/**
 * Moves all slots in one step, as Valkey does from version 9 on.
 * @throws {LabError} E_LAB when the servers gave it up
 */
export async function moveAtomically({ slots, from, to }: SlotMove): Promise<void> {
  const ranges = rangesOf(slots).flat()
  await from.server.command('CLUSTER', 'MIGRATESLOTS', 'SLOTSRANGE', ...ranges, 'NODE', to.place.id)
  const end = await eventually(() => migrationEnd(from), { timeout: 60_000 })
  if (end !== 'success') throw new LabError(`The atomic migration of slots from ${from.server.address}: ${end}.`)
}

/** How the newest migration ended; `false` while it goes on. */
async function migrationEnd({ server }: ClusterNode): Promise<string | false> {
  const [newest] = (await server.command('CLUSTER', 'GETSLOTMIGRATIONS')) as Map<string, string>[]
  const state = newest?.get('state') ?? 'missing'
  if (state === 'success') return state
  return ['failed', 'cancelled', 'missing'].includes(state) ? `${state} ${newest?.get('message') ?? ''}` : false
}

/** How many slots are on their way at a time. */
const openAtOnce = 100
/** How many keys one MIGRATE takes along. */
const keysAtOnce = 100
/** How long one command may take. */
const patience: Milliseconds = 5_000

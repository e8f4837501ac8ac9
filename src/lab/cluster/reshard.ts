import type { Milliseconds } from '../../units.js'
import { eventually } from '../eventually.js'
import { LabError } from '../lab-error.js'
import { loopback } from '../ports.js'
import type { ClusterNode } from './config.js'
import { rangesOf } from './slots.js'

/** Slots on their way from one primary to another. */
export interface SlotMove {
  readonly slots: readonly number[]
  readonly from: ClusterNode
  readonly to: ClusterNode
  /** Of the receiving node. */
  readonly password: string | undefined
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

/** Moves slots as valkey-cli does, SETSLOT and MIGRATE, with a few of them open at the same time. */
export async function moveSlots({ slots, ...move }: SlotMove): Promise<void> {
  for (let start = 0; start < slots.length; start += openAtOnce)
    await moveTogether({ ...move, slots: slots.slice(start, start + openAtOnce) })
}

/** The receiving node is told first at both ends, so that neither answers that it knows nothing of the slot. */
async function moveTogether(move: SlotMove): Promise<void> {
  const { slots, from, to } = move
  await setSlots(to, slots, 'IMPORTING', from.place.id)
  await setSlots(from, slots, 'MIGRATING', to.place.id)
  await Promise.all(slots.map((slot) => moveKeys(slot, move)))
  await setSlots(to, slots, 'NODE', to.place.id)
  await setSlots(from, slots, 'NODE', to.place.id)
}

async function setSlots({ server }: ClusterNode, slots: readonly number[], state: string, id: string): Promise<void> {
  await Promise.all(slots.map((slot) => server.command('CLUSTER', 'SETSLOT', slot, state, id)))
}

async function moveKeys(slot: number, move: SlotMove): Promise<void> {
  while (true) {
    const keys = (await move.from.server.command('CLUSTER', 'GETKEYSINSLOT', slot, keysAtOnce)) as string[]
    if (keys.length === 0) return
    await eventually(() => migrate(keys, move))
  }
}

/**
 * Past the proxy: MIGRATE dials from no address of its own, so that a proxy would take it for a client.
 * A key that is at both ends was left there by a MIGRATE that failed; the old one is what counts until the slot is moved.
 */
async function migrate(keys: readonly string[], { from, to, password }: SlotMove): Promise<unknown> {
  const auth = password === undefined ? [] : ['AUTH', password]
  const target = [loopback, String(to.place.ownPort), '', '0', String(patience)]
  return from.server.ask(['MIGRATE', ...target, 'REPLACE', ...auth, 'KEYS', ...keys], 2 * patience)
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

const openAtOnce = 16
const keysAtOnce = 100
const patience: Milliseconds = 3_000

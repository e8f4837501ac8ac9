import type { NodeTarget } from '../../connection/connection.js'
import { slotCount } from '../../keys/slot.js'
import type { SlotRange } from '../../topology/cluster/source.js'

/** What a primary says of its own slots. */
export interface Ownership {
  /** Its id in the cluster. */
  readonly id: string
  readonly slots: readonly SlotRange[]
  /** Slots that it hands over at the moment, each with the id of the node that gets it. */
  readonly leaving: ReadonlyMap<number, string>
  /** All nodes that it knows, by their ids. */
  readonly nodes: ReadonlyMap<string, NodeTarget>
}

/** Reads the reply to CLUSTER NODES; `undefined` when no line is about the server itself. Pure. */
export function parseOwnership(text: string): Ownership | undefined {
  const lines = text.split('\n').map((line) => line.split(' '))
  const own = lines.find(([, , flags = '']) => flags.split(',').includes('myself'))
  if (own === undefined) return undefined
  const [id = '', ...rest] = own
  const words = rest.slice(fieldsBeforeSlots)
  return {
    id,
    slots: words.flatMap(rangeIn),
    leaving: new Map(words.flatMap(leavingIn)),
    nodes: new Map(lines.flatMap(targetOf)),
  }
}

/** `5461` or `0-5460`; what stands in brackets is open. */
function rangeIn(word: string): readonly SlotRange[] {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? []
  return from === undefined || Number(to) >= slotCount ? [] : [[Number(from), Number(to)]]
}

/** `[93->-292f8b365bb7edb5e285caf0b7e6ddc7265d2f4f]` */
function leavingIn(word: string): readonly (readonly [slot: number, id: string])[] {
  const [, slot, id] = /^\[(\d+)->-(\w+)\]$/.exec(word) ?? []
  return id === undefined ? [] : [[Number(slot), id]]
}

/** `<id> <host>:<port>@<bus port>[,<hostname>[,…]] …` */
function targetOf([id, place = '']: readonly string[]): readonly (readonly [id: string, target: NodeTarget])[] {
  const [, host, port] = /^(.*):(\d+)@/.exec(place) ?? []
  return id === undefined || host === undefined || host === '' ? [] : [[id, { host, port: Number(port) }]]
}

/** What follows the id: address, flags, primary, ping, pong, epoch, link. */
const fieldsBeforeSlots = 7

/** Where the keys of slots lie that a scan may have missed. */
export interface Places {
  readonly owner: string
  /** The node that gets the slot at the moment; `undefined`: none. */
  readonly target: string | undefined
}

/** Where each slot lies. Pure. */
export function placesOf(ownerships: readonly Ownership[]): ReadonlyMap<number, Places> {
  const places = new Map<number, Places>()
  for (const { id, slots, leaving } of ownerships)
    for (const [from, to] of slots)
      for (let slot = from; slot <= to; slot++) places.set(slot, { owner: id, target: leaving.get(slot) })
  return places
}

/** Whether all slots lie where they lay, and none is on its way. Pure; looks at ranges, so it costs next to nothing. */
export function nothingMoves(before: readonly Ownership[], after: readonly Ownership[]): boolean {
  if ([...before, ...after].some(({ leaving }) => leaving.size > 0)) return false
  return textOf(before) === textOf(after)
}

function textOf(ownerships: readonly Ownership[]): string {
  return ownerships
    .map(({ id, slots }) => `${id} ${slots.join(' ')}`)
    .sort()
    .join()
}

/**
 * The slots of which a scan may have missed keys: those that lie elsewhere now than where it looked. Keys go from the owner to
 * the target and never back, so who looked at the owner and then at the target has seen all of them. Pure.
 * @param looked where the scan looked: at the owner, and behind it at the target if there is one
 */
export function missedSlots(
  looked: ReadonlyMap<number, Places>,
  now: ReadonlyMap<number, Places>,
): ReadonlyMap<number, Places> {
  const missed = new Map<number, Places>()
  for (const [slot, place] of now) if (!covers(looked.get(slot), place)) missed.set(slot, place)
  return missed
}

function covers(looked: Places | undefined, { owner, target }: Places): boolean {
  if (looked === undefined) return false
  if (owner === looked.owner) return target === undefined || target === looked.target
  return owner === looked.target && target === undefined
}

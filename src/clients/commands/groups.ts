import type { GroupOf } from '../command.js'

/** Some keys of a command, and where they stand among all of its keys. */
export interface Group {
  readonly keys: string[]
  readonly places: number[]
}

/** Puts keys of one group together, in their order; each by itself when nobody says which belong together. Pure. */
export function groupsOf(keys: readonly string[], groupOf: GroupOf | undefined): readonly Group[] {
  if (groupOf === undefined) return keys.map((key, place) => ({ keys: [key], places: [place] }))
  const groups = new Map<unknown, Group>()
  for (const [place, key] of keys.entries()) {
    const name = groupOf(key)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, { keys: [key], places: [place] })
    else {
      group.keys.push(key)
      group.places.push(place)
    }
  }
  return [...groups.values()]
}

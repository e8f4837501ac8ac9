/** Picks the known name that was most likely meant, or undefined when none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = plain(name)
  const habit = habits[wanted]?.find((one) => known.includes(one))
  if (habit !== undefined) return habit
  const [best] = known
    .map((one) => ({ one, distance: distance(wanted, plain(one)) }))
    .sort((left, right) => left.distance - right.distance)
  return best !== undefined && best.distance <= Math.max(1, wanted.length / 3) ? best.one : undefined
}

/** What other libraries call these options, the likelier meaning first. */
const habits: Readonly<Record<string, readonly string[] | undefined>> = {
  timeout: ['ttl', 'deadline'],
  expire: ['ttl'],
  expires: ['ttl'],
  expiresin: ['ttl'],
  expiry: ['ttl'],
  ex: ['ttl'],
  px: ['ttl'],
  maxage: ['ttl'],
  blockingtimeout: ['wait'],
  count: ['batch'],
  abortsignal: ['signal'],
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '')
}

/** How many letters must be added, left out, replaced, or swapped with their neighbour, to make one text of the other. */
function distance(from: string, to: string): number {
  let before: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1] ? 0 : 1
      let least = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + same)
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) least = Math.min(least, at(before, column - 2) + 1)
      current.push(least)
    }
    before = last
    last = current
  }
  return at(last, to.length)
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? 0
}

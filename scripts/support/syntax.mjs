/** Shows every node of a syntax tree, and every list of nodes, to a function: a parent before what is in it. */
export function visit(tree, look) {
  if (tree === null || typeof tree !== 'object') return
  look(tree)
  for (const below of Object.values(tree)) visit(below, look)
}

/** Code with other texts in some places, which do not overlap: `edits` are `{ start, end, text }`, in any order. */
export function edited(code, edits) {
  const sorted = edits.toSorted((a, b) => a.start - b.start)
  const ends = [0, ...sorted.map(({ end }) => end)]
  return ends.map((from, index) => code.slice(from, sorted[index]?.start) + (sorted[index]?.text ?? '')).join('')
}

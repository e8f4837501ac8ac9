import { readFileSync, writeFileSync } from 'node:fs'
import { minifySync, parseSync } from 'rolldown/utils'

/**
 * Makes a bundled file small. Functions and classes keep their names, which errors and their traces show (esbuild would
 * keep them by a call for each, at every start), and a line ends now and then: Node shows the line that an error is from.
 */
export function minify(file, { module }) {
  const mangle = { toplevel: true, keepNames }
  const { code, errors } = minifySync(file, readFileSync(file, 'utf8'), { module, compress: { keepNames }, mangle })
  if (errors.length > 0) throw new Error(`${file} cannot be minified: ${errors[0].message}`)
  writeFileSync(file, inLines(code, statementStarts(parseSync(file, code).program)))
}

const keepNames = { function: true, class: true }

/** Where statements and members of classes begin: a line may end before each. */
function statementStarts(tree) {
  if (tree === null || typeof tree !== 'object') return []
  const starts = Array.isArray(tree.body) ? tree.body.map(({ start }) => start) : []
  return [...starts, ...Object.values(tree).flatMap(statementStarts)]
}

function inLines(code, starts) {
  const lines = []
  let from = 0
  for (const start of starts.toSorted((a, b) => a - b)) {
    if (start - from < shortLine) continue
    lines.push(code.slice(from, start))
    from = start
  }
  return [...lines, code.slice(from)].join('\n')
}

const shortLine = 300

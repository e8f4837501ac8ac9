import { minifySync, parseSync } from 'rolldown/utils'

/**
 * Makes the code of a module small. Classes keep their names, which errors have, and of ES modules functions as well,
 * for the traces that users send (esbuild would keep names by a call for each, at every start); CommonJS is for Jest
 * alone. A line ends now and then, since Node shows the whole line that an error is from.
 */
export function minify(code, { format }) {
  const keepNames = { class: true, function: format === 'esm' }
  const options = { module: format === 'esm', compress: { keepNames }, mangle: { toplevel: true, keepNames } }
  const { code: small, errors } = minifySync(`module.${format}`, code, options)
  if (errors.length > 0) throw new Error(`A module cannot be minified: ${errors[0].message}`)
  return inLines(small, statementStarts(parseSync(`module.${format}`, small).program))
}

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

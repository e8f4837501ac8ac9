import { minifySync, parseSync } from 'rolldown/utils'

/**
 * Makes the code of a module small. In ES modules classes keep their names, and functions that are exported or used in one
 * place, for the traces that users send: names of what is used all over say little there, and would be a twentieth of the
 * code (esbuild would keep names by a call for each, at every start). CommonJS is for Jest alone; there errors have names,
 * and what is exported. A line ends now and then, since Node shows the whole line that an error is from.
 */
export function minify(code, { format }) {
  const isModule = format === 'esm'
  const { program } = parseSync(`module.${format}`, code)
  const reserved = isModule ? functionsToName(program) : classesToName(program)
  const compress = { keepNames: { class: isModule, function: isModule } }
  const mangle = { toplevel: true, keepNames: { class: isModule, function: false }, reserved }
  const { code: small, errors } = minifySync(`module.${format}`, code, { module: isModule, compress, mangle })
  if (errors.length > 0) throw new Error(`A module cannot be minified: ${errors[0].message}`)
  return inLines(small, statementStarts(parseSync(`module.${format}`, small).program))
}

/** The names of classes that CommonJS exports, and of errors. */
function classesToName(program) {
  const [classes, exported] = [[], new Set()]
  visit(program, ({ type, id, init, left, right }) => {
    if (type === 'ClassDeclaration' || init?.type === 'ClassExpression') classes.push(id.name)
    if (type === 'AssignmentExpression' && left.object?.name === 'exports') exported.add(right.name)
  })
  return classes.filter((name) => exported.has(name) || name.endsWith('Error'))
}

/** The names of functions that are exported, or stand twice at most, where they are made and where they are used. */
function functionsToName(program) {
  const [functions, exported, counts] = [new Set(), new Set(), new Map()]
  visit(program, ({ type, name, id, init, local }) => {
    if (type === 'Identifier') counts.set(name, (counts.get(name) ?? 0) + 1)
    if (type === 'ExportSpecifier') exported.add(local.name)
    if (type === 'FunctionDeclaration' || (init && isFunction(init))) functions.add(id.name)
  })
  return [...functions].filter((name) => exported.has(name) || counts.get(name) <= 2)
}

const isFunction = ({ type }) => /^(?:Arrow)?Function/.test(type)

function visit(tree, look) {
  if (tree === null || typeof tree !== 'object') return
  look(tree)
  for (const below of Object.values(tree)) visit(below, look)
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

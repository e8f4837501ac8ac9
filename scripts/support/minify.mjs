import { minifySync, parseSync } from 'rolldown/utils'
import { visit } from './syntax.mjs'

/**
 * Makes the code of a module small. In ES modules classes keep their names, for the traces that users send, and so do
 * functions that are exported; names of all functions would be a twentieth of the code (and esbuild would keep them by
 * a call for each, at every start). CommonJS is for Jest alone; there errors have names, and classes that are exported.
 * A line ends now and then, since Node shows the whole line that an error is from.
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

/** The names of functions that an ES module exports. */
function functionsToName(program) {
  const [functions, exported] = [[], new Set()]
  visit(program, ({ type, id, init, local }) => {
    if (type === 'ExportSpecifier') exported.add(local.name)
    if (type === 'FunctionDeclaration' || (init && isFunction(init))) functions.push(id.name)
  })
  return functions.filter((name) => exported.has(name))
}

const isFunction = ({ type }) => /^(?:Arrow)?Function/.test(type)

/** Where statements and members of classes begin: a line may end before each. */
function statementStarts(program) {
  const starts = []
  visit(program, ({ body }) => {
    if (Array.isArray(body)) starts.push(...body.map(({ start }) => start))
  })
  return starts
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

const shortLine = 500

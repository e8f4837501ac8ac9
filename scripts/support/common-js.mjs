import { parseSync } from 'rolldown/utils'

/**
 * Turns an ES module that was bundled into CommonJS. esbuild would put half a kilobyte of helpers into each file, and read
 * what a file imports at each use. Bundles import names alone, none of which changes later, and have one list of exports.
 */
export function asCommonJs(code) {
  const { program } = parseSync('module.mjs', code)
  const edits = [...program.body.flatMap(statementEdit), ...metaEdits(program)]
  const exported = program.body.filter(({ type }) => type === 'ExportNamedDeclaration').flatMap(exportsOf)
  return [head, ...requires(program.body), edited(code, edits), ...exported].join('\n')
}

const head = '"use strict";Object.defineProperty(exports,"__esModule",{value:true});'

/** Imports and exports go; what stands for them is put before and behind the code. */
function statementEdit({ type, start, end, declaration, source }) {
  if (type === 'ImportDeclaration') return [{ start, end, text: '' }]
  if (!type.startsWith('Export')) return []
  if (type !== 'ExportNamedDeclaration' || declaration || source) throw new Error(`A bundle has a ${type} of its own.`)
  return [{ start, end, text: '' }]
}

/** CommonJS has no `import.meta.url`. */
function metaEdits(tree) {
  if (tree === null || typeof tree !== 'object') return []
  if (tree.type === 'ImportExpression') throw new Error('A bundle imports while it runs.')
  if (tree.type === 'MemberExpression' && tree.object.type === 'MetaProperty')
    return [{ start: tree.start, end: tree.end, text: 'undefined' }]
  return Object.values(tree).flatMap(metaEdits)
}

/** One statement for each module. */
function requires(body) {
  const named = new Map()
  for (const { source, specifiers } of body.filter(({ type }) => type === 'ImportDeclaration'))
    named.set(source.value, [...(named.get(source.value) ?? []), ...specifiers.map((one) => nameIn(source, one))])
  return [...named].map(([from, names]) => requireOf(from, names))
}

function nameIn(source, { type, local, imported }) {
  if (type !== 'ImportSpecifier') throw new Error(`A bundle imports ${source.value} as a whole.`)
  return `${imported.name}:${local.name}`
}

const requireOf = (from, names) => (names.length > 0 ? `const{${names}}=` : '') + `require("${from}");`

const exportsOf = ({ specifiers }) => specifiers.map(({ local, exported }) => `exports.${exported.name}=${local.name};`)

function edited(code, edits) {
  const sorted = edits.toSorted((a, b) => a.start - b.start)
  const ends = [0, ...sorted.map(({ end }) => end)]
  return ends.map((from, index) => code.slice(from, sorted[index]?.start) + (sorted[index]?.text ?? '')).join('')
}

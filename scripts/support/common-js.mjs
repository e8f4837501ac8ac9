import { parseSync } from 'rolldown/utils'

/**
 * Turns an ES module that was bundled into CommonJS. esbuild would put half a kilobyte of helpers into each file, and read
 * what a file imports at each use. Bundles import names alone, none of which changes later, and have one list of exports.
 */
export function asCommonJs(code) {
  const { program } = parseSync('module.mjs', code)
  const edits = [...program.body.flatMap(statementEdit), ...metaEdits(program)]
  const exported = program.body.flatMap(({ type, specifiers }) => (type === 'ExportNamedDeclaration' ? specifiers : []))
  checkConstant(program, new Set(exported.map(({ local }) => local.name)))
  return [head, ...requires(program.body), edited(code, edits), ...exported.map(exportOf)].join('\n')
}

const head = '"use strict";Object.defineProperty(exports,"__esModule",{value:true});'

/** Imports and exports go; what stands for them is put before and behind the code. */
function statementEdit({ type, start, end, declaration, source }) {
  if (type === 'ImportDeclaration') return [{ start, end, text: '' }]
  if (!type.startsWith('Export')) return []
  if (type !== 'ExportNamedDeclaration' || declaration || source) throw new Error(`A bundle has a ${type} of its own.`)
  return [{ start, end, text: '' }]
}

/** CommonJS has no `import.meta.url`; `new.target` is another meta property, and stays. */
function metaEdits(tree) {
  if (tree === null || typeof tree !== 'object') return []
  if (tree.type === 'ImportExpression') throw new Error('A bundle imports while it runs.')
  if (tree.type === 'MemberExpression' && isImportMeta(tree.object) && tree.property.name === 'url')
    return [{ start: tree.start, end: tree.end, text: 'undefined' }]
  if (isImportMeta(tree)) throw new Error('A bundle asks import.meta for more than its url.')
  return Object.values(tree).flatMap(metaEdits)
}

const isImportMeta = ({ type, meta }) => type === 'MetaProperty' && meta.name === 'import'

/** What is exported once, at the end, must not change later. A local name that is the same as an exported one counts too. */
function checkConstant(tree, names) {
  if (tree === null || typeof tree !== 'object') return
  const { name } =
    (tree.type === 'AssignmentExpression' ? tree.left : tree.type === 'UpdateExpression' && tree.argument) || {}
  if (names.has(name)) throw new Error(`A bundle assigns to ${name}, which it exports.`)
  for (const child of Object.values(tree)) checkConstant(child, names)
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

const exportOf = ({ local, exported }) => `exports.${exported.name}=${local.name};`

function edited(code, edits) {
  const sorted = edits.toSorted((a, b) => a.start - b.start)
  const ends = [0, ...sorted.map(({ end }) => end)]
  return ends.map((from, index) => code.slice(from, sorted[index]?.start) + (sorted[index]?.text ?? '')).join('')
}

import { parseSync } from 'rolldown/utils'
import { edited, visit } from './syntax.mjs'

/**
 * Turns an ES module that was bundled into CommonJS. esbuild would put half a kilobyte of helpers into each file, and
 * read what a file imports at each use. Bundles import names alone, none of which changes later, and have one list of
 * exports.
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
function metaEdits(program) {
  const [edits, metas] = [[], []]
  visit(program, (node) => {
    if (node.type === 'ImportExpression') throw new Error('A bundle imports while it runs.')
    if (isImportMeta(node)) metas.push(node)
    if (node.type === 'MemberExpression' && isImportMeta(node.object) && node.property.name === 'url')
      edits.push({ start: node.start, end: node.end, text: 'undefined' })
  })
  if (metas.length > edits.length) throw new Error('A bundle asks import.meta for more than its url.')
  return edits
}

const isImportMeta = ({ type, meta }) => type === 'MetaProperty' && meta.name === 'import'

/** What is exported once, at the end, must not change later. A local name that is the same as an exported one counts too. */
function checkConstant(program, names) {
  visit(program, ({ type, left, argument }) => {
    const { name } = (type === 'AssignmentExpression' ? left : type === 'UpdateExpression' && argument) || {}
    if (names.has(name)) throw new Error(`A bundle assigns to ${name}, which it exports.`)
  })
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

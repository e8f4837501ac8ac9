import { readFileSync } from 'node:fs'
import { parseSync } from 'rolldown/utils'
import { shownText } from './shown-text.mjs'

/**
 * Reads a file of declarations as tsc writes it.
 * @returns `statements`: what it declares, with the names that a statement declares and all names in it;
 *   `imported`: name here → where it is from; `exported`: name → what is declared here under another name, or where it
 *   is from
 */
export function readModule(file) {
  const text = readFileSync(file, 'utf8')
  const { program, comments, errors } = parseSync(file, text, { lang: 'dts', sourceType: 'module' })
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0].message}`)
  const module = { file, statements: [], imported: new Map(), exported: new Map() }
  for (const node of program.body) add(module, node, { text, comments })
  return module
}

function add(module, node, source) {
  if (node.type === 'ImportDeclaration') return addImports(module.imported, node)
  if (node.type === 'ExportNamedDeclaration' && node.declaration === null) return addExports(module.exported, node)
  const names = declaredNames(module.file, node.declaration ?? node)
  const { text, nodes, hidden } = shownText(node, source)
  module.statements.push({ names, text, uses: new Set(namesIn(nodes, hidden)) })
  if (node.type === 'ExportNamedDeclaration') for (const name of names) module.exported.set(name, { name })
}

function addImports(imported, { source, specifiers }) {
  for (const { local, imported: there } of specifiers)
    imported.set(local.name, { from: source.value, name: there?.name ?? everything })
}

function addExports(exported, { source, specifiers, exportKind }) {
  for (const { local, exported: name, exportKind: kind } of specifiers)
    exported.set(name.name, { from: source?.value, name: local.name, isType: [exportKind, kind].includes('type') })
}

/** What `import * as name` imports. */
export const everything = '*'

function declaredNames(file, declaration) {
  const declared = declaration.type === 'VariableDeclaration' ? declaration.declarations : [declaration]
  const names = declared.map(({ id }) => id?.name)
  if (names.includes(undefined)) throw new Error(`${file} declares by ${declaration.type}, which is not provided for.`)
  return names
}

/** All identifiers in syntax trees; those of members are among them, so that some are no references. */
function namesIn(tree, hidden) {
  if (tree === null || typeof tree !== 'object' || hidden.has(tree)) return []
  const below = Object.values(tree).flatMap((node) => namesIn(node, hidden))
  return tree.type === 'Identifier' ? [tree.name, ...below] : below
}

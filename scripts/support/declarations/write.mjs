import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { entries } from '../manifest.mjs'
import { everything } from './module.mjs'
import { Reached } from './reached.mjs'

/**
 * Writes the declarations that users come to from the entries of package.json, of those that tsc wrote beside
 * `modules`. They are in `dist/cjs`; those of the ES modules export them from there, so that each is there once and a
 * class is the same type by `import` and by `require`.
 */
export function writeDeclarations(modules, dist) {
  const files = entries.map(({ module }) => join(modules, declarationOf(module.replace('./dist/', ''))))
  for (const [file, text] of reachedDeclarations(files)) write(join(dist, 'cjs', relative(modules, file)), text)
  for (const { module, commonJs } of entries)
    write(join(dist, '..', declarationOf(module)), `export * from '${pathFrom(module, commonJs)}'\n`)
}

/** @returns file → its declarations, without those that nobody comes to from the exports of the given files */
export function reachedDeclarations(files) {
  const reached = new Reached()
  for (const file of files) reached.addEntry(file)
  const texts = new Map(reached.modules.map((module) => [module.file, statementsOf(reached, module)]))
  for (const file of files) texts.set(file, reexportsOf(reached, file) + (texts.get(file) ?? ''))
  return texts
}

const declarationOf = (file) => file.replace(/\.js$/, '.d.ts')

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function statementsOf(reached, module) {
  const used = new Set([...module.kept].flatMap(({ uses }) => [...uses]))
  const imported = [...used].filter((name) => module.imported.has(name))
  const specifiers = imported.map((name) => [name, reached.originOf(module, name)])
  const statements = module.statements.filter((statement) => module.kept.has(statement)).map(({ text }) => text)
  return [...sentences('import', module.file, specifiers), ...statements, ''].join('\n')
}

function reexportsOf(reached, file) {
  const foreign = reached.exportsOf(file).filter(([, origin]) => origin.file !== file)
  return [...sentences('export', file, foreign), ''].join('\n')
}

/** One statement for each module that names are from. */
function sentences(word, file, specifiers) {
  const named = new Map()
  for (const [local, origin] of specifiers) {
    const source = origin.from ?? pathFrom(file, origin.file)
    named.set(source, [...(named.get(source) ?? []), specifier(local, origin)])
  }
  return [...named].map(([source, names]) => `${word} ${clause(names)} from '${source}';`)
}

const specifier = (local, { name, isType = false }) =>
  `${isType ? 'type ' : ''}${name === local ? name : `${name} as ${local}`}`

const clause = (names) => (names[0].startsWith(everything) ? names.join(', ') : `{ ${names.join(', ')} }`)

function pathFrom(file, target) {
  const path = relative(dirname(file), target).replace(/\.d\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}

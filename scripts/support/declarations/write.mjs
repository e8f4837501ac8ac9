import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { entries } from '../manifest.mjs'
import { jointModules } from './joint.mjs'
import { everything } from './module.mjs'
import { Reached } from './reached.mjs'

/**
 * Writes the declarations that users come to from the entries of package.json, of those that tsc wrote beside
 * `modules`. They are in `dist/cjs`; those of the ES modules export them from there, so that each is there once and a
 * class is the same type by `import` and by `require`. Most stand in one file, for imports between a hundred of them would
 * be a tenth of them all.
 */
export function writeDeclarations(modules, dist) {
  const files = entries.map(({ module }) => join(modules, declarationOf(module.replace('./dist/', ''))))
  const texts = reachedDeclarations(files, join(modules, 'declarations.d.ts'))
  for (const [file, text] of texts) write(join(dist, 'cjs', relative(modules, file)), text)
  for (const { module, commonJs } of entries)
    write(join(dist, '..', declarationOf(module)), `export * from '${pathFrom(module, commonJs)}'\n`)
}

/**
 * @param joint the file in which modules stand together that can
 * @returns file → its declarations, without those that nobody comes to from the exports of the given files
 */
export function reachedDeclarations(files, joint) {
  const reached = new Reached()
  for (const file of files) reached.addEntry(file)
  const others = reached.modules.filter(({ file }) => !files.includes(file))
  const together = joint === undefined ? [] : jointModules(reached, others)
  const places = { reached, of: new Map(together.map(({ file }) => [file, joint])) }
  const apart = reached.modules.filter((module) => !together.includes(module))
  const texts = new Map(apart.map((module) => [module.file, statementsOf(places, module.file, [module])]))
  for (const file of files) texts.set(file, reexportsOf(places, file) + (texts.get(file) ?? ''))
  return together.length === 0 ? texts : texts.set(joint, statementsOf(places, joint, together))
}

const declarationOf = (file) => file.replace(/\.js$/, '.d.ts')

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function statementsOf(places, file, modules) {
  const specifiers = modules.flatMap((module) => importsOf(places.reached, module))
  const kept = modules.flatMap(({ statements, kept }) => statements.filter((statement) => kept.has(statement)))
  return [...sentences('import', { places, file }, specifiers), ...kept.map(({ text }) => text), ''].join('\n')
}

function importsOf(reached, module) {
  const used = new Set([...module.kept].flatMap(({ uses }) => [...uses]))
  const imported = [...used].filter((name) => module.imported.has(name))
  return imported.map((name) => [name, reached.originOf(module, name)])
}

function reexportsOf(places, file) {
  const foreign = places.reached.exportsOf(file).filter(([, origin]) => origin.file !== file)
  return [...sentences('export', { places, file }, foreign), ''].join('\n')
}

/** One statement for each file that names are from, but the own one. */
function sentences(word, { places, file }, specifiers) {
  const named = new Map()
  for (const [local, origin] of specifiers) {
    const place = places.of.get(origin.file) ?? origin.file
    if (place === file) continue
    const source = origin.from ?? pathFrom(file, place)
    named.set(source, (named.get(source) ?? new Set()).add(specifier(local, origin)))
  }
  return [...named].map(([source, names]) => `${word} ${clause([...names])} from '${source}';`)
}

const specifier = (local, { name, isType = false }) =>
  `${isType ? 'type ' : ''}${name === local ? name : `${name} as ${local}`}`

const clause = (names) => (names[0].startsWith(everything) ? names.join(', ') : `{ ${names.join(', ')} }`)

function pathFrom(file, target) {
  const path = relative(dirname(file), target).replace(/\.d\.ts$/, '.js')
  return path.startsWith('.') ? path : `./${path}`
}

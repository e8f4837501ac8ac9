import { dirname, join } from 'node:path'
import { everything, readModule } from './module.mjs'

/** The modules of declarations, and which of their statements users come to from the exports of an entry. */
export class Reached {
  #modules = new Map()

  /** Reaches all that a file exports. */
  addEntry(file) {
    for (const name of this.module(file).exported.keys()) this.#reach(this.#originOfExport(file, name))
  }

  /** A module, with the statements that are reached in `kept`. */
  module(file) {
    if (!this.#modules.has(file)) this.#modules.set(file, { ...readModule(file), kept: new Set() })
    return this.#modules.get(file)
  }

  /** The modules of which something is reached. */
  get modules() {
    return [...this.#modules.values()].filter(({ kept }) => kept.size > 0)
  }

  /** What a file exports, by name: where each is declared, and whether its type alone is exported. */
  exportsOf(file) {
    return [...this.module(file).exported.keys()].map((name) => [name, this.#originOfExport(file, name)])
  }

  /**
   * Where a name in a module is declared: `{ file, name }`, or `{ from, name }` in another package; `undefined` for
   * what the module knows without an import.
   */
  originOf(module, name) {
    const imported = module.imported.get(name)
    if (imported !== undefined) return this.#follow(module, imported)
    return module.statements.some(({ names }) => names.includes(name)) ? { file: module.file, name } : undefined
  }

  #reach({ file, name }) {
    if (file === undefined) return
    const module = this.module(file)
    for (const statement of module.statements.filter(({ names }) => names.includes(name))) this.#keep(module, statement)
  }

  #keep(module, statement) {
    if (module.kept.has(statement)) return
    module.kept.add(statement)
    for (const name of statement.uses) this.#reach(this.originOf(module, name) ?? {})
  }

  #originOfExport(file, name) {
    const module = this.module(file)
    const exported = module.exported.get(name)
    if (exported === undefined) throw new Error(`${file} has no export ${name}.`)
    return this.#follow(module, exported)
  }

  #follow(module, { from, name, isType = false }) {
    if (from === undefined) return { ...this.originOf(module, name), isType }
    if (!from.startsWith('.')) return { from, name, isType }
    if (name === everything) throw new Error(`${module.file} imports all of ${from}, which is not provided for.`)
    const origin = this.#originOfExport(join(dirname(module.file), from.replace(/\.js$/, '.d.ts')), name)
    return { ...origin, isType: isType || origin.isType }
  }
}

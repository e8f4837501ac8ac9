import type { OperationTable } from '../operation.js'
import { Operations } from './base.js'
import type { OperationContext } from './context.js'

/** A class of operations that belong together. */
export interface Group<Of extends Operations = Operations> {
  new (context: OperationContext): Of
  readonly prototype: Of
  /** @internal */
  readonly operations: OperationTable
}

/**
 * Makes one class of several groups. Each group stands on {@link Operations} alone, so that their order means nothing
 * and a reader needs to know one of them at a time.
 * @throws {TypeError} when two groups have a method of the same name
 */
export function combine<Groups extends readonly Group[]>(...groups: Groups): Group<Combined<Groups>> {
  class Combination extends Operations {
    static readonly operations = mergeTables(groups)
  }
  for (const { prototype } of groups) addMethods(Combination.prototype, prototype)
  return Combination as unknown as Group<Combined<Groups>>
}

function mergeTables(groups: readonly Group[]): OperationTable {
  return Object.fromEntries(groups.flatMap(({ operations }) => Object.entries(operations)))
}

function addMethods(target: Operations, source: Operations): void {
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(source)
  for (const name of Object.keys(methods))
    if (name in target) throw new TypeError(`Two groups of operations have a method ${name}.`)
  Object.defineProperties(target, methods)
}

/** What all of the groups have together. */
type Combined<Groups extends readonly Group[]> = (
  Groups[number] extends infer One ? (One extends Group<infer Of> ? (each: Of) => void : never) : never
) extends (all: infer All extends Operations) => void
  ? All
  : never

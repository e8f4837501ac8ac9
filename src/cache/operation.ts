import type { OptionTable } from './option-table.js'

/** Says that an operation rejects in an outage, because its answer cannot be made up. */
export const rejects: unique symbol = Symbol('rejects')

/** An empty array or Map, or false for each that was asked. */
export const none: readonly never[] = Object.freeze([])

/** What is known of an operation before anybody calls it. */
export interface Operation<Answer = unknown> {
  /** The name of its method. */
  readonly name: string
  /** The options it takes. */
  readonly takes: OptionTable
  /**
   * What a fail-safe cache answers while no server can be used: what an empty cache would that keeps nothing. Some
   * methods read `undefined` further: `incr` finds no key, `setMany` has failed for every key.
   */
  readonly outage: Answer
}

/** The operations of a group, by the names of their methods. */
export type OperationTable = Readonly<Record<string, Operation>>

type Row<Answer> = Omit<Operation<Answer>, 'name'>

/** Makes the table of a group's operations; each has a row beside the class whose methods they are. */
export function describe<const Rows extends Readonly<Record<string, Row<unknown>>>>(
  rows: Rows,
): { readonly [Name in keyof Rows]: Operation<Rows[Name]['outage']> } {
  const named = Object.entries(rows).map(([name, row]) => [name, { ...row, name }] as const)
  return Object.fromEntries(named) as { readonly [Name in keyof Rows]: Operation<Rows[Name]['outage']> }
}

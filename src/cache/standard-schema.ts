import { SchemaError } from '../errors.js'

/**
 * A validator of any library that speaks Standard Schema, version 1; of its interface that part which is used here.
 * Source: https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    /** What it makes of a value, or what is wrong with it. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    /** Says what it takes and makes, to the compiler only. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** A value, or what is wrong with it. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: SchemaPath | undefined }[] }

/** Where in a value something is wrong, from the outside in. */
export type SchemaPath = readonly (PropertyKey | { readonly key: PropertyKey })[]

/**
 * What the schema makes of a value.
 * @throws {SchemaError} E_SCHEMA when it does not accept it
 */
export async function parseWith<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
  key: string,
): Promise<Output> {
  const result = await schema['~standard'].validate(value)
  if (result.issues === undefined) return result.value
  throw new SchemaError(
    key,
    result.issues.map(({ message, path = [] }) => ({ message, path: inWords(path) })),
  )
}

function inWords(path: SchemaPath): string {
  return path.map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
}

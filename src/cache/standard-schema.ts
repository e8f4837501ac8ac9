import { SchemaError } from '../errors.js'

/**
 * A validator of any library that speaks Standard Schema, version 1: the part of its interface that is used here.
 * Source: https://standardschema.dev
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    /** Validates a value; gives what the schema makes of it, or what is wrong with it. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    /** Tells the compiler the types of what the schema takes and makes; not there at run time. */
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** What a schema makes of a value, or what is wrong with the value. */
export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: SchemaPath | undefined }[] }

/** The way to a part of a value, from the outside in. */
export type SchemaPath = readonly (PropertyKey | { readonly key: PropertyKey })[]

/**
 * Validates a value; resolves to what the schema makes of it.
 * @throws {SchemaError} E_SCHEMA when the schema does not accept the value
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

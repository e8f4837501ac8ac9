import type { Codec } from '../codec/codec.js'
import { ConfigurationError } from '../errors.js'
import type { Reporter } from '../telemetry/reporter.js'
import { show, type Milliseconds } from '../units.js'
import type { NearPart } from './near/near-part.js'
import { laterChecked } from './option-checks.js'
import { checkOptions } from './option-table.js'
import { SchemaCodec } from './schema-codec.js'
import { checkFramed } from './tags/tagged.js'
import { resolveTtl } from './ttl.js'
import type { TypedDefinition } from './typed.js'

/** The parts of a cache that a definition changes. */
interface Parts {
  readonly name: string
  readonly codec: Codec
  readonly near?: NearPart | undefined
  readonly reporter: Reporter
  readonly ttl: Milliseconds | undefined
}

/**
 * Makes the parts of the cache that a typed cache stands on.
 * @throws {ConfigurationError} E_CONFIG with the name of what is wrong in the definition
 */
export function typedParts<Of extends Parts, Part, Input, Output>(
  parts: Of,
  definition: TypedDefinition<Part, Input, Output>,
): Of {
  checkOptions('typed', definitionParts, definition)
  const { key, schema, ttl, tags } = definition
  if (typeof key !== 'function')
    throw new ConfigurationError('typed.key', `expected a function that makes a key, got ${show(key)}`)
  if (typeof schema?.['~standard']?.validate !== 'function')
    throw new ConfigurationError('typed.schema', `expected a Standard Schema validator, got ${show(schema)}`)
  if (tags !== undefined && typeof tags !== 'function')
    throw new ConfigurationError('typed.tags', `expected a function that gives the tags of a value, got ${show(tags)}`)
  const { name, codec, reporter, near } = parts
  if (tags !== undefined) checkFramed(codec.framed, 'typed.tags')
  const context = { kind: 'SCHEMA', cache: name, operation: 'typed' } as const
  const checked = new SchemaCodec(codec, schema, (error) =>
    reporter.report(`Cache '${name}' takes a stored value as a miss`, error, context),
  )
  return {
    ...parts,
    codec: checked,
    near: near && { ...near, codec: checked },
    ttl: ttl === undefined ? parts.ttl : resolveTtl(ttl, 'typed.ttl'),
  }
}

const definitionParts = new Map(['key', 'schema', 'ttl', 'tags'].map((name) => [name, laterChecked]))

import type { Key } from '../keys/key-maker.js'
import { settleAll } from '../promises.js'
import { none } from './operation.js'
import { isTags } from './option-checks.js'
import { noOptions, type CallOptions, type SetManyOptions } from './options.js'
import { tagsOf } from './tags/tag-names.js'

/** Has the schema look at a value. @throws {SchemaError} E_SCHEMA when it does not fit */
type Parse<Input> = (key: Key, value: Input, options: Pick<CallOptions, 'version'>) => Promise<unknown>

/** The tags of the values of a typed cache: those that its definition makes, and those of a call. */
export class TypedTags<Input> {
  readonly #make: ((value: Input) => readonly string[]) | undefined
  readonly #parse: Parse<Input>

  /** @param make how the definition makes the tags of a value; `undefined` where it makes none */
  constructor(make: ((value: Input) => readonly string[]) | undefined, parse: Parse<Input>) {
    this.#make = make
    this.#parse = parse
  }

  /** Whether the definition makes tags. */
  get areMade(): boolean {
    return this.#make !== undefined
  }

  /**
   * The tags that the definition makes of a value.
   * @throws {ConfigurationError} E_CONFIG when it gives anything but an array
   */
  ofValue(value: Input): readonly string[] {
    const tags = this.#make?.(value) ?? none
    isTags(tags, 'typed.tags')
    return tags
  }

  /**
   * All tags of the values that a call writes. They are made at once, so that the write keeps its place among the calls of
   * its keys. Where that fails, the promise rejects as the schema does of the first value that does not fit, or else as
   * making the tags did.
   */
  ofWritten(
    method: string,
    pairs: readonly (readonly [Key, Input])[],
    options: SetManyOptions = noOptions,
  ): ReadonlyMap<Input, readonly string[]> | Promise<never> {
    try {
      const given = givenTags(options.tags, `${method}().tags`)
      return new Map(pairs.map(([, value]) => [value, tagsOf([...given(value), ...this.ofValue(value)])]))
    } catch (error) {
      return this.#refuse(pairs, options, error)
    }
  }

  async #refuse(
    pairs: readonly (readonly [Key, Input])[],
    options: Pick<CallOptions, 'version'>,
    error: unknown,
  ): Promise<never> {
    await settleAll(pairs.map(([key, value]) => this.#parse(key, value, options)))
    throw error
  }
}

/**
 * What a call tags each of its values with.
 * @throws {ConfigurationError} E_CONFIG at `path` for what is neither an array nor a function
 */
function givenTags(tags: SetManyOptions['tags'] = none, path: string): (value: unknown) => readonly string[] {
  if (typeof tags === 'function') return (value) => tagsOf(tags(value))
  isTags(tags, path)
  return () => tags
}

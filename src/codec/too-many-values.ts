/** How many values one decoded value may hold where nothing else is asked for. */
export const defaultMaxValues = 4_000_000

/** The stored bytes hold more values than one decoded value may: array items, map entries and members, nested ones too. */
export class TooManyValuesError extends RangeError {
  readonly code = 'ERR_TOO_MANY_VALUES'

  constructor(maxValues: number) {
    super(`more than ${maxValues} values`)
  }
}

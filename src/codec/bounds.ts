import { CodecError } from '../errors.js'

/** How many values one decoded value may hold where nothing else is asked for. */
export const defaultMaxValues = 4_000_000

/** More bytes would come out of a compressor than may; the code is that of node:zlib. */
export class TooLargeError extends RangeError {
  readonly code = 'ERR_BUFFER_TOO_LARGE'

  constructor(maxBytes: number) {
    super(`more than ${maxBytes} bytes`)
  }
}

/** The stored bytes hold more values than one decoded value may: array items, map entries and members, nested ones too. */
export class TooManyValuesError extends RangeError {
  readonly code = 'ERR_TOO_MANY_VALUES'

  constructor(maxValues: number) {
    super(`more than ${maxValues} values`)
  }
}

/** Whether decoding failed because more bytes came out than may. */
export function isTooLarge(error: unknown): boolean {
  return codeOf(error) === 'ERR_BUFFER_TOO_LARGE'
}

/** Whether decoding failed because more values came out than may. */
export function isTooMany(error: unknown): boolean {
  return codeOf(error) === 'ERR_TOO_MANY_VALUES'
}

/** The code of what was thrown, or of the cause of a CodecError. */
function codeOf(error: unknown): unknown {
  const cause = error instanceof CodecError ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}

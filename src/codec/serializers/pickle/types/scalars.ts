/** Python's decimal.Decimal: the number as text, digit for digit. `Number(decimal)` is the nearest number. */
export class PyDecimal {
  /** As Python prints it, for example `1.50`, `1E+3`, `NaN`, `-Infinity`. */
  readonly value: string

  /** @throws {RangeError} for text that is no number of Python's decimal module */
  constructor(value: string) {
    if (!decimal.test(value)) throw new RangeError('PyDecimal: expected a number as text, for example 1.50 or 1E+3')
    this.value = value
  }

  /** The digits. */
  toString(): string {
    return this.value
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.value
  }
}

/** Python's uuid.UUID. */
export class PyUuid {
  /** 32 lower-case hexadecimal digits in five groups. */
  readonly value: string

  /** @throws {RangeError} for text that is not 32 hexadecimal digits, with or without hyphens */
  constructor(value: string) {
    const groups = uuid.exec(value.toLowerCase())
    if (groups === null) throw new RangeError('PyUuid: expected 32 hexadecimal digits')
    this.value = groups.slice(1).join('-')
  }

  /** The digits. */
  toString(): string {
    return this.value
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.value
  }
}

/** Text that Django's templates do not escape. For writing: it is read as a string, which Django escapes again. */
export class PySafeString {
  readonly value: string

  constructor(value: string) {
    this.value = value
  }

  /** The text. */
  toString(): string {
    return this.value
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.value
  }
}

/** What django-valkey's herd client puts before a value: it stores the tuple `(marker, value, deadline in s)`. */
export class PyHerdMarker {}

const decimal = /^[+-]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|s?nan\d*)$/i
const uuid = /^([\da-f]{8})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{4})-?([\da-f]{12})$/

/** @throws {RangeError} unless it is a whole number from `least` to `most` */
export function within(value: number, least: number, most: number, name: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got ${value}`)
}

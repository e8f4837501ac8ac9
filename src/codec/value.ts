/** A value as it travels: text, or bytes. */
export type Value = string | Uint8Array

export function toText(value: Value): string {
  return typeof value === 'string' ? value : toBytes(value).toString('utf8')
}

/** The same bytes, not a copy. */
export function toBytes(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.from(value)
  return Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength)
}

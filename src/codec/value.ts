/** A value as it travels: text, or bytes. */
export type Value = string | Uint8Array

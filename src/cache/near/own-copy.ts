import type { Value } from '../../codec/value.js'

/**
 * Copies what is stored into memory of its own. A short reply is cut out of a slab of several KiB, which whoever keeps
 * the reply, or a view of it, keeps as well.
 */
export function ownCopyOf(stored: Value): Value {
  // A text that is cut out of another one refers to it; one that is read from bytes does not.
  if (typeof stored === 'string') return Buffer.from(stored).toString()
  const copy = Buffer.allocUnsafeSlow(stored.length)
  copy.set(stored)
  return copy
}

/**
 * What a value is decoded from for one caller: it may be a view of its bytes, as raw bytes and the typed arrays of V8
 * are.
 */
export function copyToDecode(stored: Value): Value {
  return typeof stored === 'string' ? stored : Buffer.from(stored)
}

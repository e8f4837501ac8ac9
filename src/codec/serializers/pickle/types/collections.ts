/** Python's tuple: an array that is written as one. Its methods return ordinary arrays. */
export class PyTuple<T = unknown> extends Array<T> {
  constructor(items: Iterable<T> = []) {
    super()
    for (const item of items) this.push(item)
  }

  static override of<Items extends unknown[]>(...items: Items): PyTuple<Items[number]> {
    return new PyTuple<Items[number]>(items)
  }

  static override get [Symbol.species](): ArrayConstructor {
    return Array
  }
}

/** Python's frozenset: a Set that is written as one. */
export class PyFrozenset<T = unknown> extends Set<T> {}

/** Python's collections.OrderedDict: a Map that is written as one. */
export class PyOrderedDict<K = unknown, V = unknown> extends Map<K, V> {}

/** Python's bytearray: bytes that are written as one. A Buffer, and any other Uint8Array, is Python's bytes. */
export class PyBytearray extends Uint8Array {
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array
  }
}

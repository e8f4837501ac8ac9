import { builtins } from '../../builtins.js'

/** How many points of the ring belong to each node. */
const pointsPerNode = 128

/**
 * Says which of several nodes holds a key, by consistent hashing: when one of n nodes goes, only its keys move.
 * A node is known by its text, to the letter; the order in which nodes are given does not matter.
 * Shape: the points of a node are the SHA-256 of `node:0` to `node:127`, compared as bytes; a key belongs to the last point
 * that is not above its own SHA-256, or to the very last point if there is none.
 * Source: django-valkey HashRing and ShardClient, which find the same node.
 */
export class HashRing {
  /** All points in ascending order, as texts of one character a byte: these compare as bytes do. */
  readonly #points: readonly string[]
  /** The index of the node of each point. */
  readonly #owners: readonly number[]

  /** @param nodes the texts of the nodes, at least one, no two alike */
  constructor(nodes: readonly string[]) {
    const ring = nodes.flatMap(pointsOf).sort((one, other) => (one.point < other.point ? -1 : 1))
    this.#points = ring.map(({ point }) => point)
    this.#owners = ring.map(({ owner }) => owner)
  }

  /**
   * Returns the index of the node that holds this key. Keys with the same hash tag have the same node.
   * Hot path: 0.6 µs. To remember keys would save half of that, and cost as much again where they are many.
   * @param key the key as the servers know it, with prefix and version
   */
  shardOf(key: string): number {
    const next = countUpTo(this.#points, sha256(hashedPart(key)))
    return this.#owners[(next || this.#points.length) - 1] as number
  }
}

/**
 * The part of a key that the ring hashes: its hash tag if it has one, else all of it.
 * Shape: what stands between the last `}` of the key's first line and the last `{` before that; it may be empty. Not the
 * rule of a cluster, which takes the first `{` and the first `}` after it.
 */
export function hashedPart(key: string): string {
  if (!key.includes('{')) return key
  const end = key.indexOf('\n')
  const line = end < 0 ? key : key.slice(0, end)
  const close = line.lastIndexOf('}')
  const open = close < 1 ? -1 : line.lastIndexOf('{', close - 1)
  return open < 0 ? key : line.slice(open + 1, close)
}

function pointsOf(node: string, owner: number): { point: string; owner: number }[] {
  return Array.from({ length: pointsPerNode }, (_, number) => ({ point: sha256(`${node}:${number}`), owner }))
}

/** How many of these texts, which ascend, are not above the given one. */
function countUpTo(texts: readonly string[], text: string): number {
  let low = 0
  let high = texts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((texts[middle] as string) <= text) low = middle + 1
    else high = middle
  }
  return low
}

/** A text of one character a byte takes a third of the time of a Buffer. */
function sha256(text: string): string {
  hash ??= builtins.crypto.hash
  return hash('sha256', text, 'binary')
}

/** To find the module each time would take half as long as the hash. */
let hash: typeof builtins.crypto.hash | undefined

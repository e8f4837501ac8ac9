import { isDict, setKey } from './kinds.js'
import { deepest, refuse } from './refuse.js'

/**
 * Goes once through a value that was read: puts in what a dict has become since it was referred to, and bounds how deep
 * the value is. Without recursion, in a time that grows with the value, and through what refers to itself only once.
 * @throws {CodecError} E_CODEC where more than 1000 objects lie in each other
 */
export function settle(root: unknown, became: ReadonlyMap<unknown, unknown>): unknown {
  const settled = became.get(root) ?? root
  const walk = new Walk(became)
  walk.enter(settled)
  while (walk.step());
  return settled
}

interface Visit {
  readonly node: unknown
  readonly children: readonly unknown[]
  next: number
  /** Of what lies in it, as far as it is known. */
  height: number
}

class Walk {
  readonly #became: ReadonlyMap<unknown, unknown>
  readonly #heights = new Map<unknown, number>()
  readonly #path: Visit[] = []

  constructor(became: ReadonlyMap<unknown, unknown>) {
    this.#became = became
  }

  enter(node: unknown): void {
    if (this.#became.size > 0) replaceIn(node, this.#became)
    this.#heights.set(node, 0)
    this.#path.push({ node, children: childrenOf(node), next: 0, height: 0 })
    this.#bound(0)
  }

  /** @returns whether there is more to do */
  step(): boolean {
    const visit = this.#path.at(-1)
    if (visit === undefined) return false
    if (visit.next < visit.children.length) this.#child(visit, visit.children[visit.next++])
    else this.#leave(visit)
    return true
  }

  #child(visit: Visit, child: unknown): void {
    if (typeof child !== 'object' || child === null) return
    const height = this.#heights.get(child)
    if (height === undefined) this.enter(child)
    else this.#rise(visit, height)
  }

  #leave({ node, height }: Visit): void {
    this.#heights.set(node, height)
    this.#path.pop()
    const parent = this.#path.at(-1)
    if (parent !== undefined) this.#rise(parent, height)
  }

  #rise(visit: Visit, height: number): void {
    visit.height = Math.max(visit.height, height + 1)
    this.#bound(visit.height)
  }

  #bound(height: number): void {
    if (this.#path.length + height > deepest) refuse(`more than ${deepest} objects lie in each other`)
  }
}

function childrenOf(node: unknown): readonly unknown[] {
  if (isArray(node)) return node
  if (node instanceof Map) return [...node.keys(), ...node.values()] as unknown[]
  if (node instanceof Set) return [...node] as unknown[]
  return isDict(node) ? Object.values(node) : []
}

/** Keys and members cannot have been dicts. */
function replaceIn(node: unknown, became: ReadonlyMap<unknown, unknown>): void {
  if (isArray(node)) {
    for (const [index, child] of node.entries()) node[index] = became.get(child) ?? child
  } else if (node instanceof Map) {
    for (const [key, child] of node) node.set(key, became.get(child) ?? child)
  } else if (isDict(node)) {
    for (const key of Object.keys(node)) setKey(node, key, became.get(node[key]) ?? node[key])
  }
}

function isArray(node: unknown): node is unknown[] {
  return Array.isArray(node)
}

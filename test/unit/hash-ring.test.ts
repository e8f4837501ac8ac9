import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { HashRing, hashedPart } from '../../src/clients/shard/ring.js'
import vectors from '../interop/django-vectors.json' with { type: 'json' }

const { nodes, assign } = vectors.ring
const assignments = Object.entries(assign)

test('200 keys have the nodes that django-valkey gives them, as often as they are asked for', () => {
  const ring = new HashRing(nodes)
  const found = () => Object.fromEntries(assignments.map(([key]) => [key, nodes[ring.shardOf(key)]]))
  expect(assignments).toHaveLength(200)
  expect(found()).toEqual(assign)
  expect(found()).toEqual(assign)
})

test('the order of the nodes does not matter, their text does', () => {
  const reversed = nodes.toReversed()
  const ring = new HashRing(reversed)
  expect(assignments.map(([key]) => reversed[ring.shardOf(key)])).toEqual(assignments.map(([, node]) => node))

  const other = new HashRing(nodes.map((node) => node.replace('valkey:', 'redis:')))
  expect(assignments.map(([key]) => nodes[other.shardOf(key)])).not.toEqual(assignments.map(([, node]) => node))
})

test('the known answers of django-valkey', () => {
  const ring = new HashRing(['node:0', 'node:1', 'node:2'])
  const keys = Array.from({ length: 10 }, (_, index) => `test${index}`)
  expect(keys.map((key) => ring.shardOf(key))).toEqual([0, 2, 1, 2, 2, 2, 2, 0, 1, 1])
})

test.for(vectors.shard_tag)('of the key $key the tag $tag is hashed', ({ key, tag }) => {
  expect(hashedPart(key)).toBe(tag ?? key)
})

test.for([
  ['', ''],
  ['{', '{'],
  ['}{', '}{'],
  ['}', '}'],
  ['{}', ''],
  ['{a', '{a'],
  ['{a}b}', 'a}b'],
  ['{a}\n{b}', 'a'],
  ['{a\n}', '{a\n}'],
  ['{é😀}', 'é😀'],
] as const)('of the key %j the part %j is hashed', ([key, part]) => {
  expect(hashedPart(key)).toBe(part)
})

test('keys with one tag share a node, and have that of the tag itself', () => {
  const ring = new HashRing(nodes)
  for (const [key] of assignments) expect(ring.shardOf(`:1:{${key}}:x`)).toBe(ring.shardOf(key))
})

test('one node holds everything', () => {
  const ring = new HashRing(['valkey://127.0.0.1'])
  expect(new Set(assignments.map(([key]) => ring.shardOf(key)))).toEqual(new Set([0]))
})

test('a node that goes takes along its own keys only', () => {
  const [gone, ...left] = nodes
  const ring = new HashRing(left)
  for (const [key, node] of assignments) if (node !== gone) expect(left[ring.shardOf(key)]).toBe(node)
})

test('long keys, and those of other characters than ASCII, have the node of their whole SHA-256', () => {
  const ring = new HashRing(nodes)
  for (const text of [
    '',
    'a'.repeat(55),
    'a'.repeat(56),
    'b'.repeat(247),
    'c'.repeat(248),
    'd'.repeat(1_000),
    'é',
    '😀',
  ])
    expect(nodes[ring.shardOf(text)]).toBe(nodeBy(createHash('sha256').update(text).digest('hex')))
})

/** As the documentation of django-valkey has it: the last point that is not above, or the last of all. */
function nodeBy(hash: string): string | undefined {
  const points = nodes.flatMap((node) =>
    Array.from({ length: 128 }, (_, at) => ({
      node,
      point: createHash('sha256').update(`${node}:${at}`).digest('hex'),
    })),
  )
  const sorted = points.sort((one, other) => (one.point < other.point ? -1 : 1))
  return (sorted.findLast(({ point }) => point <= hash) ?? sorted.at(-1))?.node
}

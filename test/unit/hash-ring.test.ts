import { expect, test } from 'vitest'
import { HashRing, hashedPart } from '../../src/clients/shard/ring.js'
import vectors from '../interop/django-vectors.json' with { type: 'json' }

const { nodes, assign } = vectors.ring
const assignments = Object.entries(assign)

test('200 keys have the nodes that django-valkey gives them, asked once and again', () => {
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

test('more keys than are remembered, and long ones, keep their nodes', () => {
  const ring = new HashRing(nodes)
  const keys = Array.from({ length: 20_000 }, (_, index) => `${index}`)
  const long = 'long'.repeat(100)
  const [before, first] = [keys.map((key) => ring.shardOf(key)), ring.shardOf(long)]
  expect(keys.map((key) => ring.shardOf(key))).toEqual(before)
  expect(new Set(before)).toEqual(new Set([0, 1, 2]))
  expect(ring.shardOf(long)).toBe(first)
})

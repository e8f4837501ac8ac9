import { expect, test } from 'vitest'
import { vote } from '../../src/topology/cluster/vote.js'
import { primary, replica, shard, twoShards } from '../support/cluster-views.js'

const failedOver = [shard([replica(1), primary(11)], [0, 8_191]), ...twoShards.slice(1)]
const partial = twoShards.slice(1)

test('no answer is no map', () => {
  expect(vote([])).toBeUndefined()
})

test('one answer counts when no other came', () => {
  expect(vote([twoShards])).toBe(twoShards)
})

test('what most say is the map, whoever was asked last', () => {
  expect(vote([twoShards, failedOver, twoShards])).toBe(twoShards)
  expect(vote([twoShards, failedOver, failedOver])).toBe(failedOver)
})

test('of two that differ the one that covers more slots counts', () => {
  expect(vote([twoShards, partial])).toBe(twoShards)
  expect(vote([partial, twoShards])).toBe(twoShards)
})

test('of two that cover as much the one that was asked last counts', () => {
  expect(vote([twoShards, failedOver])).toBe(failedOver)
  expect(vote([failedOver, twoShards])).toBe(twoShards)
})

test('replicas are no matter of the vote: the last of the majority says which are online', () => {
  const without = [shard([primary(1)], [0, 8_191]), ...partial]
  expect(vote([failedOver, twoShards, without])).toBe(without)
})

test('the order of shards is no difference', () => {
  const turned = twoShards.toReversed()
  expect(vote([turned, failedOver, twoShards])).toBe(twoShards)
})

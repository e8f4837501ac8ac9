import { describe, expect, test } from 'vitest'
import { Electorate, latestOfEach, type Vote } from '../../src/topology/sentinel/electorate.js'

describe('the electorate', () => {
  test('is as large as the sentinels say, whoever is dialled', () => {
    expect(counted(1, [vote('a'), vote('b')]).size).toBe(3)
    expect(counted(7, [vote('a')]).size).toBe(3)
  })

  test('is what the one says that knows the most: one that has just started knows few', () => {
    expect(counted(3, [vote('a', { electorate: 1 }), vote('b', { electorate: 5 })]).size).toBe(5)
  })

  test('stays as it was when those are gone that knew it', () => {
    const electorate = counted(3, [vote('a', { electorate: 5 })])
    electorate.count([vote('a', { electorate: 5, current: false })], 1)
    expect(electorate.size).toBe(5)
    electorate.count([], 1)
    expect(electorate.size).toBe(5)
  })

  test('shrinks when the sentinels have been reset', () => {
    const electorate = counted(3, [vote('a', { electorate: 5 })])
    electorate.count([vote('a', { electorate: 2 }), vote('b', { electorate: 2 })], 1)
    expect(electorate.size).toBe(2)
  })

  test('is not what a sentinel says that missed our epoch: alone it would be a majority of itself', () => {
    const electorate = counted(3, [vote('a'), vote('b'), vote('c')])
    electorate.count([vote('d', { electorate: 1, epoch: 0 })], 1)
    expect([electorate.size, electorate.quorate]).toStrictEqual([3, false])
  })
})

describe('a majority', () => {
  test('is more than half of all, those that do not answer included', () => {
    expect(counted(3, [vote('a')]).quorate).toBe(false)
    expect(counted(3, [vote('a'), vote('b')]).quorate).toBe(true)
    expect(counted(3, [vote('a', { electorate: 4 }), vote('b', { electorate: 4 })]).quorate).toBe(false)
    expect(counted(3, [vote('a'), vote('b', { current: false })]).quorate).toBe(false)
  })

  test('counts a sentinel once that is reached by two addresses', () => {
    expect(counted(3, [vote('a'), vote('a')]).quorate).toBe(false)
    expect(counted(3, [vote('a', { at: 1 }), vote('a', { at: 2 })]).quorateAt).toBe(-Infinity)
  })

  test('answered last when the last one did that makes one', () => {
    const electorate = counted(3, [vote('a', { at: 30 }), vote('b', { at: 10 }), vote('c', { at: 20 })])
    expect(electorate.quorateAt).toBe(20)
    electorate.count([vote('a', { at: 40 }), vote('b', { at: 10, current: false })], 1)
    expect(electorate.quorateAt).toBe(20)
  })
})

test('of several answers of one sentinel the latest counts', () => {
  const votes = [vote('a', { at: 2, epoch: 7 }), vote('b', { at: 1 }), vote('a', { at: 1, epoch: 6 })]
  expect(latestOfEach(votes)).toStrictEqual([votes[0], votes[1]])
})

/** An electorate of which nobody was heard but these, in epoch 1. */
function counted(seeds: number, votes: readonly Vote[]): Electorate {
  const electorate = new Electorate(seeds)
  electorate.count(votes, 1)
  return electorate
}

/** A sentinel that knows of three, in epoch 1, unless it is said otherwise. */
function vote(voter: string, own: Partial<Vote> = {}): Vote {
  return { voter, epoch: 1, electorate: 3, at: 0, current: true, ...own }
}

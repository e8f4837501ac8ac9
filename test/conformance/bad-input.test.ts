import { inspect } from 'node:util'
import { describe, expect } from 'vitest'
import type { Cache } from '../../src/index.js'
import type { ErrorClass } from '../support/bad-input.js'
import { methods } from '../support/methods.js'
import { at, test as base } from '../support/caches.js'

describe.each(['memory', 'a server'])('on %s', (deployment) => {
  const test = base.extend('cache', ({ server, make }) => {
    return make({ cache: { location: deployment === 'memory' ? 'memory://' : at(server) } }).cache
  })

  test.for(Object.entries(methods))('%s takes no bad input', async ([name, row], { cache }) => {
    await cache.set('k', 'as before')
    for (const [place, { bad }] of row.entries()) {
      for (const [one, error] of bad) {
        const args = row.map(({ good }, index) => (index === place ? one : good))
        await expectRefused(cache, name, args, error)
      }
    }
    expect(await cache.get('k')).toBe('as before')
    expect(await cache.command(['DBSIZE'])).toBe(1)
  })
})

async function expectRefused(cache: Cache, name: string, args: readonly unknown[], error: ErrorClass): Promise<void> {
  const outcome = await run(cache, name, args).catch((reason: unknown) => reason)
  const what = `${name}(${args.map((one) => shown(one)).join(', ')}) gives ${shown(outcome)}`
  expect.soft(outcome, what).toBeInstanceOf(error)
}

/** A method must not throw: it gives a promise that rejects, or a walk that does. */
async function run(cache: Cache, name: string, args: readonly unknown[]): Promise<unknown> {
  const method = (
    cache as unknown as Record<string, (...given: readonly unknown[]) => Promise<unknown> | AsyncIterator<unknown>>
  )[name]!
  let result
  try {
    result = method.call(cache, ...args)
  } catch (error) {
    return `thrown at once: ${String(error)}`
  }
  return 'next' in result ? result.next() : result
}

function shown(one: unknown): string {
  return inspect(one, { breakLength: Infinity, depth: 1 })
}

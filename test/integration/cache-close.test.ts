import { describe, expect } from 'vitest'
import { ClosedError, type Compressor } from '../../src/index.js'
import { at, test } from '../support/caches.js'

/** A compressor that takes its time: until it is told. */
function slowCompressor(): Compressor & { readonly finish: () => void } {
  let finish!: () => void
  const finished = new Promise<void>((resolve) => (finish = resolve))
  return {
    name: 'slow',
    compress: async (bytes) => finished.then(() => bytes),
    decompress: (bytes) => bytes,
    finish,
  }
}

const value = 'a text that is long enough to be compressed'

describe('close while a value is still being compressed', () => {
  test('lets it be written, and takes nothing new meanwhile', async ({ server, make }) => {
    const compressor = slowCompressor()
    const { one, other } = make({ one: { compressor }, other: {} }, { location: at(server), format: 'django' })
    const writing = [one.set('a', value), one.setMany({ b: value })]
    const closing = one.close()
    await expect(one.set('c', value)).rejects.toBeInstanceOf(ClosedError)
    compressor.finish()
    expect(await Promise.all(writing)).toStrictEqual([true, []])
    await closing
    expect(await other.getMany(['a', 'b', 'c'])).toStrictEqual(
      new Map([
        ['a', value],
        ['b', value],
      ]),
    )
  })

  test('gives up after closeTimeout', async ({ server, make }) => {
    const compressor = slowCompressor()
    const { one } = make({ one: { compressor, closeTimeout: '50ms' } }, { location: at(server) })
    const writing = one.set('a', value)
    await one.close()
    compressor.finish()
    await expect(writing).rejects.toBeInstanceOf(ClosedError)
  })
})

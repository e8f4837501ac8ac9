import { expect, test } from 'vitest'
import { ReadBuffer } from '../../src/connection/resp/read-buffer.js'

test('what comes before somebody listens is kept, in its order and with its bytes', () => {
  const reads = new ReadBuffer()
  const heard: string[] = []
  arrive(reads, 'first')
  arrive(reads, 'second')
  reads.onData((chunk) => heard.push(chunk.toString()))
  arrive(reads, 'third')
  expect(heard).toStrictEqual(['first', 'second', 'third'])
})

test('every read is in the same memory', () => {
  const reads = new ReadBuffer()
  const memory = new Set<ArrayBufferLike>()
  reads.onData((chunk) => memory.add(chunk.buffer))
  arrive(reads, 'first')
  arrive(reads, 'second')
  expect(memory.size).toBe(1)
})

/** Does what a socket does with bytes that come. */
function arrive({ onread }: ReadBuffer, text: string): void {
  const buffer = onread.buffer as Buffer
  onread.callback(buffer.write(text), buffer)
}

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes that are really held, in the heap and in buffers, after garbage was collected. */
export async function bytesHeld(): Promise<number> {
  // Twice, with a turn of the loop between: what finalizers and closed handles let go of is collected as well.
  for (let round = 0; round < 2; round++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

export const MiB = 1024 * 1024

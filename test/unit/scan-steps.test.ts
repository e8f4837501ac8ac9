import { expect, test } from 'vitest'
import { scanSteps, type ScanStep } from '../../src/clients/commands/scan.js'

test.each([
  ['tick', (leave: () => void) => process.nextTick(leave)],
  ['turn', (leave: () => void) => void setImmediate(leave)],
])('the next step has left before a page is looked at, where commands leave at the end of the %s', async (_, later) => {
  const left: string[] = []
  const step = (cursor: string): Promise<ScanStep<string>> =>
    new Promise((resolve) => {
      later(() => {
        left.push(cursor)
        resolve({ cursor: cursor === '0' ? '7' : '0', items: [`of ${cursor}`] })
      })
    })
  const seen: unknown[] = []
  for await (const page of scanSteps(step)) seen.push({ page, left: [...left] })
  expect(seen).toStrictEqual([
    { page: ['of 0'], left: ['0', '7'] },
    { page: ['of 7'], left: ['0', '7'] },
  ])
})

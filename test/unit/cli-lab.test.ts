import { describe, expect, test } from 'vitest'
import { drillLines, exitOf, type DrillReport } from '../../src/cli/drill/report.js'
import { Load } from '../../src/cli/lab/load.js'
import { Meter } from '../../src/cli/lab/meter.js'
import { labLines, type LabView } from '../../src/cli/lab/screen.js'
import { plainTopology } from '../../src/clients/client.js'
import { eventually } from '../../src/lab/index.js'

const plain = (_: unknown, text: string): string => text

describe('the meter', () => {
  test('tells the rate, the 99th percentile and the gaps of the last seconds', () => {
    const meter = new Meter(0)
    for (let at = 10; at <= 3_000; at += 10) meter.succeeded(at, at <= 20 ? 50 : 1)
    expect(meter.read(3_000)).toMatchObject({ rate: 100, p99: 1, gap: 0, longestGap: 10, failed: 0 })
    expect(meter.read(3_500).gap).toBe(500)
    expect(meter.read(3_500).longestGap).toBe(500)
    meter.failed()
    meter.succeeded(3_700, 200)
    meter.reset()
    meter.succeeded(3_710, 1)
    expect(meter.read(3_710)).toMatchObject({ longestGap: 10, failed: 1 })
    expect(meter.read(9_000)).toMatchObject({ rate: 0, p99: undefined })
  })
})

describe('the lab shows', () => {
  const reading = { rate: 200, p99: 1.2, gap: 3, longestGap: 1_500, failed: 2 }
  const view: LabView = {
    title: '1 primary',
    elapsed: 61_000,
    load: { reads: reading, writes: reading, acknowledged: 900, checked: 800, lost: 3 },
    topology: { ...plainTopology, primary: 'a:1', replicas: ['b:1'], epoch: 4 },
    servers: [
      { address: 'a:1', state: 'running' },
      { address: 'b:1', state: 'paused' },
    ],
    acts: [{ key: 'f', does: 'freeze the primary' }],
    log: ['one', 'two', 'three', 'four', 'five', 'six', 'seven'],
  }

  test('the load, what was lost, the servers and the keys', () => {
    const lines = labLines(view, plain)
    expect(lines).toContain('reads   200         1.2 ms  3.0 ms  2 s          2')
    expect(lines).toContain('lost 3 of 800 acknowledged writes that were looked for again (900 in all)')
    expect(lines).toContain('steady · primary a:1 · epoch 4')
    expect(lines).toContain('b:1     paused   replica')
    expect(lines).toContain('f freeze the primary')
    expect(lines).not.toContain('one')
    expect(lines.at(-1)).toBe('seven')
  })
})

test('what the load of the lab stumbles on is told, and ends nothing by itself', async () => {
  const wrong = new TypeError('wrong')
  const told: Error[] = []
  const fails = (): Promise<never> => Promise.reject(wrong)
  const load = new Load({ get: fails, set: fails, getMany: fails }, (error) => told.push(error))
  await eventually(() => told.length > 0)
  load.stop()
  expect(told[0]).toBe(wrong)
})

describe('a drill', () => {
  const felt: Omit<DrillReport['felt'], 'errors'> = {
    reads: 10,
    writes: 5,
    longestReadGap: 12,
    longestWriteGap: 240,
    stall: 3,
    lost: 0,
    unsettled: 0,
  }
  const report: DrillReport = {
    asked: 'sentinel s:1',
    from: 'a:1',
    to: 'b:1',
    after: 261,
    felt: { ...felt, errors: {} },
  }

  test('that cost nothing is well', () => {
    expect(exitOf(report)).toBe(0)
    expect(drillLines(report, plain)).toContain('lost           0 of 5 acknowledged writes')
  })

  test('that lost something, failed something or left something unsettled is not', () => {
    const worse: readonly Partial<DrillReport['felt']>[] = [{ lost: 1 }, { unsettled: 1 }, { errors: { E_TIMEOUT: 2 } }]
    for (const more of worse) expect(exitOf({ ...report, felt: { ...report.felt, ...more } })).toBe(1)
    expect(exitOf({ ...report, to: undefined })).toBe(1)
    const unknown = { ...report, to: undefined, felt: { ...report.felt, lost: undefined } }
    expect(exitOf({ ...unknown, to: 'b:1' })).toBe(1)
    expect(drillLines(unknown, plain)).toEqual(
      expect.arrayContaining([
        'primary        a:1: no other was seen within 261 ms of the order',
        'lost           unknown of 5 acknowledged writes',
      ]),
    )
    const lines = drillLines({ ...report, felt: { ...report.felt, errors: { E_TIMEOUT: 2 } } }, plain)
    expect(lines).toContain('failed         2 E_TIMEOUT')
  })
})

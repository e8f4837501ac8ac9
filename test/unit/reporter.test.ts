import { afterEach, describe, expect, test, vi } from 'vitest'
import { Reporter, type Logger, type ReportContext } from '../../src/telemetry/reporter.js'

const emit = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
afterEach(() => emit.mockClear())

const context: ReportContext = { kind: 'OUTAGE', cache: 'shop', operation: 'get' }
const cause = new Error('gone')

describe('a report', () => {
  test('is a process warning with a code when nobody listens', () => {
    new Reporter({ now: () => 0 }).report('It failed', cause, context)
    expect(emit.mock.calls).toStrictEqual([['It failed: gone', { code: 'VALKEY_CACHE_OUTAGE' }]])
  })

  test('goes to those who listen, and then it is no warning', () => {
    const onError = vi.fn<(error: unknown, context: ReportContext) => void>()
    const logger = { warn: vi.fn<Logger['warn']>(), error: vi.fn<Logger['error']>() }
    const reporter = new Reporter({ now: () => 0 }, { onError, logger })
    reporter.report('It failed', cause, context)
    reporter.report('A listener failed', cause, { ...context, kind: 'LISTENER' })
    expect(onError.mock.calls).toStrictEqual([
      [cause, context],
      [cause, { ...context, kind: 'LISTENER' }],
    ])
    expect(logger.warn.mock.calls).toStrictEqual([['It failed: gone', cause]])
    expect(logger.error.mock.calls).toStrictEqual([['A listener failed: gone', cause]])
    expect(emit).not.toHaveBeenCalled()
  })

  test('is made once a second of each kind', () => {
    let now = 0
    const onError = vi.fn<(error: unknown, context: ReportContext) => void>()
    const reporter = new Reporter({ now: () => now }, { onError })
    const report = (kind: ReportContext['kind']): void => reporter.report('It failed', cause, { ...context, kind })
    for (now of [0, 500, 999.9]) report('OUTAGE')
    report('UNREADABLE')
    expect(onError).toHaveBeenCalledTimes(2)
    now = 1_000
    report('OUTAGE')
    expect(onError).toHaveBeenCalledTimes(3)
  })

  test('of what to set up is made once a second of each message, so that no cache takes the word of another', () => {
    let now = 0
    const reporter = new Reporter({ now: () => now })
    for (const message of ['one', 'other', 'one']) reporter.advise('ZONE', message)
    now = 1_000
    reporter.advise('ZONE', 'one')
    expect(emit.mock.calls.map(([message]) => message)).toStrictEqual(['one', 'other', 'one'])
  })

  test('whose listener throws is a warning', () => {
    const onError = (): never => {
      throw new Error('broken')
    }
    new Reporter({ now: () => 0 }, { onError }).report('It failed', cause, context)
    expect(emit.mock.calls).toStrictEqual([
      [expect.stringMatching(/Error: broken.*It failed: gone/), { code: 'VALKEY_CACHE_OUTAGE' }],
    ])
  })
})

import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { deadlines } from '../../src/connection/deadlines.js'
import { abortable, limited } from '../../src/connection/limit.js'
import { rejection } from '../support/rejection.js'

const tooLate = new Error('too late')
const late = (): Error => tooLate
const forever = new Promise<never>(() => {})

/** Work that goes on until its signal says otherwise. */
const untilAborted = (signal: AbortSignal): Promise<never> => abortable(forever, signal)

describe('limited work', () => {
  test('gives its own outcome', async () => {
    const { signal } = new AbortController()
    const failure = new Error('its own')
    expect(await limited(signal, 100, late, () => Promise.resolve('done'))).toBe('done')
    await expect(limited(signal, 100, late, () => Promise.reject(failure))).rejects.toBe(failure)
  })

  test('is told when time is up', async () => {
    const { error } = await rejection(limited(new AbortController().signal, 20, late, untilAborted))
    expect(error).toBe(tooLate)
  })

  test('is told when its caller gives up, with the reason of the caller', async () => {
    const caller = new AbortController()
    const outcome = rejection(limited(caller.signal, 100, late, untilAborted))
    caller.abort('changed my mind')
    expect((await outcome).error).toBe('changed my mind')
  })

  test('does not begin when its caller gave up before', async () => {
    const work = vi.fn<() => Promise<void>>(() => Promise.resolve())
    await expect(limited(AbortSignal.abort('changed my mind'), 100, late, work)).rejects.toBe('changed my mind')
    expect(work).not.toHaveBeenCalled()
  })

  test.each([Infinity, 2 ** 31, Number.MAX_SAFE_INTEGER])('may take %d ms, which no timer of Node can', async (ms) => {
    const caller = new AbortController()
    const outcome = rejection(limited(caller.signal, ms, late, untilAborted))
    await rejection(limited(caller.signal, 20, late, untilAborted))
    caller.abort('changed my mind')
    expect((await outcome).error).toBe('changed my mind')
  })

  test('leaves no timer and no listener behind, however it ends', async () => {
    const caller = new AbortController()
    await limited(caller.signal, 100, late, () => Promise.resolve())
    await limited(caller.signal, 100, late, () => Promise.reject(new Error('its own'))).catch(() => {})
    await limited(caller.signal, 20, late, untilAborted).catch(() => {})
    expect(deadlines.size).toBe(0)
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0)
  })

  test('may share one signal with much other work, without a warning of a leak', async () => {
    const caller = new AbortController()
    const warnings: Error[] = []
    const note = (warning: Error): number => warnings.push(warning)
    process.on('warning', note)
    const work = Array.from({ length: 20 }, () =>
      limited(caller.signal, 100, late, () => abortable(forever, caller.signal)),
    )
    caller.abort('changed my mind')
    await Promise.allSettled(work)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', note)
    expect(warnings).toStrictEqual([])
  })
})

describe('a promise that can be left', () => {
  test('gives its own outcome while nobody leaves', async () => {
    const { signal } = new AbortController()
    expect(await abortable(Promise.resolve('done'), signal)).toBe('done')
    await expect(abortable(Promise.reject(tooLate), signal)).rejects.toBe(tooLate)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  })

  test('gives the reason when the caller left, before or meanwhile', async () => {
    await expect(abortable(forever, AbortSignal.abort('before'))).rejects.toBe('before')
    const caller = new AbortController()
    const outcome = rejection(abortable(forever, caller.signal))
    caller.abort('meanwhile')
    expect((await outcome).error).toBe('meanwhile')
  })

  test('that fails after its caller left is no unhandled rejection', async () => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): number => unhandled.push(reason)
    process.on('unhandledRejection', note)
    let fail!: (error: Error) => void
    const failing = new Promise<never>((_, reject) => (fail = reject))
    await expect(abortable(failing, AbortSignal.abort('before'))).rejects.toBe('before')
    fail(tooLate)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(unhandled).toStrictEqual([])
  })
})

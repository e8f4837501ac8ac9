import { describe, expect, test } from 'vitest'
import { Registry, type Closable } from '../../src/connection/registry.js'

/** Remembers how it ended. */
class Thing implements Closable {
  readonly ends: unknown[] = []
  closing: Promise<void> = Promise.resolve()

  close(): Promise<void> {
    this.ends.push('closed')
    return this.closing
  }

  destroy(reason?: Error): void {
    this.ends.push(reason)
  }
}

describe('the same key', () => {
  test('is the same thing, made once', () => {
    const registry = new Registry<Thing>()
    let made = 0
    const create = (): Thing => {
      made++
      return new Thing()
    }
    expect(registry.borrow('a', create).value).toBe(registry.borrow('a', create).value)
    expect(registry.borrow('b', create).value).not.toBe(registry.borrow('a', create).value)
    expect(made).toBe(2)
  })

  test('is a new thing once everybody gave the old one back', async () => {
    const registry = new Registry<Thing>()
    const first = registry.borrow('a', () => new Thing())
    await first.release()
    expect(registry.borrow('a', () => new Thing()).value).not.toBe(first.value)
  })

  test('is a new thing at once, while the old one still closes', () => {
    const registry = new Registry<Thing>()
    const first = registry.borrow('a', () => new Thing())
    first.value.closing = new Promise(() => {})
    void first.release()
    expect(registry.borrow('a', () => new Thing()).value).not.toBe(first.value)
  })

  test('is not kept when it could not be made', () => {
    const registry = new Registry<Thing>()
    const broken = (): never => {
      throw new Error('as it happens')
    }
    expect(() => registry.borrow('a', broken)).toThrow('as it happens')
    expect(registry.borrow('a', () => new Thing()).value).toBeInstanceOf(Thing)
  })
})

describe('what is given back', () => {
  test('goes on for the others', async () => {
    const { loans, thing } = borrowed(2)
    await loans[0]?.release()
    await loans[0]?.release(new Error('now'))
    expect(thing.ends).toStrictEqual([])
  })

  test('counts once, however often it is given back', async () => {
    const { loans, thing } = borrowed(2)
    await loans[0]?.release()
    await loans[0]?.release()
    expect(thing.ends).toStrictEqual([])
    await loans[1]?.release()
    expect(thing.ends).toStrictEqual(['closed'])
  })

  test('by the last one is closed, and that is waited for', async () => {
    const { loans, thing } = borrowed(1)
    let over = false
    let finish!: () => void
    thing.closing = new Promise((resolve) => (finish = resolve))
    const released = loans[0]?.release().then(() => (over = true))
    await new Promise((resolve) => setImmediate(resolve))
    expect(over).toBe(false)
    finish()
    await released
    expect(over).toBe(true)
  })

  test('by the last one with a reason is destroyed at once', () => {
    const { loans, thing } = borrowed(1)
    const reason = new Error('now')
    void loans[0]?.release(reason)
    expect(thing.ends).toStrictEqual([reason])
  })

  test('in good order may be destroyed still, when that takes too long', () => {
    const { loans, thing } = borrowed(1)
    thing.closing = new Promise(() => {})
    const reason = new Error('now')
    void loans[0]?.release()
    void loans[0]?.release(reason)
    expect(thing.ends).toStrictEqual(['closed', reason])
  })

  test('and failed to close says so', async () => {
    const { loans, thing } = borrowed(1)
    thing.closing = Promise.reject(new Error('as it happens'))
    await expect(loans[0]?.release()).rejects.toThrow('as it happens')
  })
})

function borrowed(users: number): { loans: ReturnType<Registry<Thing>['borrow']>[]; thing: Thing } {
  const registry = new Registry<Thing>()
  const thing = new Thing()
  return { loans: Array.from({ length: users }, () => registry.borrow('a', () => thing)), thing }
}

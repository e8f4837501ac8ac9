import { describe, expect, test } from 'vitest'
import { bytesText, countText, timeText } from '../../src/cli/terminal/units.js'
import { LiveScreen } from '../../src/cli/terminal/live.js'
import { cut, painter, shownOn, widthOf } from '../../src/cli/terminal/paint.js'
import { table } from '../../src/cli/terminal/table.js'
import { commandLine } from '../support/command-line.js'

describe('the command line', () => {
  test.for([[], ['--help'], ['-h'], ['help'], ['status', '--help']])('%o is help', async (args) => {
    const { code, out } = await commandLine(args)
    expect(code).toBe(0)
    expect(out).toContain('usage: valkey-cache')
    expect(out).toContain('VALKEY_CACHE_LOCATION')
  })

  test('tells its version', async () => {
    expect(await commandLine(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
  })

  test.for([
    [['states'], /there is no command 'states'; there are status, doctor/],
    [['status', '--color'], /Unknown option '--color'/],
    [['status', '--yes'], /Unknown option '--yes'/],
    [['status', 'default'], /status: takes no arguments, got 1/],
    [['get'], /get: takes one argument, got 0/],
    [['del'], /del: takes at least 1, got 0/],
    [['keys', 'a', 'b'], /keys: takes 0 to 1 arguments, got 2/],
    [['keys', '--limit', 'many'], /--limit: expected a whole number, got 'many'/],
    [['status'], /configuration: there is none/],
    [['status', '--location', 'memory://'], /lives in the memory of its process/],
    [['--json'], /no command is named; there are status, doctor/],
    [['--location', 'memory://', 'status'], /lives in the memory of its process/],
    [['get', '--json', '--', '-a', '-b'], /get: takes one argument, got 2/],
    [['status', '--config', 'missing.mjs'], /missing.mjs: cannot be read/],
    [['status', '--django', 'missing.json'], /missing.json: cannot be read/],
  ] as const)('%o could not look, and says why', async ([args, message]) => {
    const { code, out, err } = await commandLine(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
  })
})

describe('people read', () => {
  test.for([
    [0.44, '0.4 ms'],
    [12.6, '13 ms'],
    [1_499, '1 s'],
    [65_000, '1 min 5 s'],
    [3 * 3_600_000 + 5 * 60_000, '3 h 5 min'],
    [50 * 3_600_000, '2 d 2 h'],
  ] as const)('%d ms as %s', ([ms, text]) => expect(timeText(ms)).toBe(text))

  test.for([
    [0, '0 B'],
    [1_023, '1023 B'],
    [1_536, '1.5 KiB'],
    [64 * 1_024 ** 2, '64 MiB'],
  ] as const)('%d bytes as %s', ([bytes, text]) => expect(bytesText(bytes)).toBe(text))

  test('one node and two nodes', () => {
    expect([1, 2].map((count) => countText(count, 'node'))).toEqual(['1 node', '2 nodes'])
  })

  test('columns, whatever colours the cells have, and colours on terminals only', () => {
    const [coloured, plain] = [{ isTTY: true, write: () => {} }, { write: () => {} }]
    const paint = painter(coloured, {})
    const lines = (cell: string) =>
      table(
        ['a', 'b'],
        [
          [cell, 'x'],
          ['long cell', 'y'],
        ],
        painter(plain, {}),
      )
    expect(lines(paint('red', 'up'))[1]).toBe(`${paint('red', 'up')}         x`)
    expect(lines('up')[1]).toBe('up         x')
    expect(painter(coloured, { NO_COLOR: '1' })('red', 'up')).toBe('up')
    expect(paint('red', 'up')).not.toBe('up')
  })
})

describe('a terminal', () => {
  const coloured = painter({ isTTY: true, write: () => {} }, {})

  /** What a screen of that size shows of these lines. */
  function drawn(
    lines: readonly string[],
    size: { readonly rows: number; readonly columns: number },
  ): readonly string[] {
    const written: string[] = []
    new LiveScreen({ isTTY: true, ...size, write: (text) => written.push(text) }).draw(lines)
    return written.join('').split('\n').slice(0, -1)
  }

  test('that is narrow shows as much of a line as there is room for, and its colours end', () => {
    const line = `${coloured('green', 'steady')} and more`
    expect(widthOf(cut(line, 8))).toBe(8)
    expect(cut(line, 8)).toBe(`${coloured('green', 'steady')} …`)
    expect(cut(line, 3)).toBe(`${coloured('green', 'st')}…`)
    expect(cut(line, 15)).toBe(line)
    for (const shown of drawn(['a'.repeat(100), 'b'], { rows: 10, columns: 20 }))
      expect(widthOf(shown)).toBeLessThan(21)
  })

  test('that is low says how many lines it does not show', () => {
    const lines = Array.from({ length: 9 }, (_, n) => `line ${n}`)
    expect(drawn(lines, { rows: 10, columns: 80 })).toHaveLength(9)
    const shown = drawn(lines, { rows: 5, columns: 80 })
    expect(shown).toHaveLength(4)
    expect(shown.at(-1)).toContain('6 more lines')
  })

  test('is not told by a key or a value to do anything, and a file has them as they are', () => {
    const value = 'a\u001b[2J\u009b\tb\nc'
    expect(shownOn({ isTTY: true, write: () => {} }, value)).toBe('a\\x1b[2J\\x9b\tb\nc')
    expect(shownOn({ write: () => {} }, value)).toBe(value)
  })
})

import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'

const script = new URL('../../scripts/support/minify.mjs', import.meta.url).href
const { minify } = (await import(script)) as { minify: (code: string, options: { format: 'esm' | 'cjs' }) => string }

const members = Array.from({ length: 100 }, (_, index) => `method${index}(argument) { return argument + 'a;{b' }`)
const code = `/** A comment. */ function named(argument) { return new Named(argument) }
  const arrow = (argument) => argument
  class Named { constructor(argument) { this.it = \`a
    b;\` + argument } ${members.join('\n')} }`
const names = '[Named.name, named.name, arrow.name, new Named(1).it, new Named(1).method7(1)]'
const kept = ['Named', 'named', 'arrow', 'a\n    b;1', '1a;{b']

test('classes of an ES module keep their names, and functions that it exports', async () => {
  const small = minify(`${code}; export const names = ${names}; export { named, arrow }`, { format: 'esm' })
  expect(await import(`data:text/javascript,${encodeURIComponent(small)}`)).toMatchObject({ names: kept })
  const inner = minify(`${code}; export const names = [named(1), named.name]`, { format: 'esm' })
  expect(inner).not.toContain('named(')
})

test('classes that CommonJS exports keep their names, and errors', () => {
  const classes = 'class OwnError extends Error {} class Inner {} exports.own = [OwnError.name, Inner.name]'
  const small = minify(`${code}; ${classes}; exports.Named = Named; exports.names = ${names}`, { format: 'cjs' })
  const exports: { readonly own?: string[]; readonly names?: string[] } = {}
  runInNewContext(small, { exports })
  expect(exports.own?.[0]).toBe('OwnError')
  expect(exports.own?.[1]).not.toBe('Inner')
  expect([exports.names?.[0], ...(exports.names ?? []).slice(3)]).toEqual(['Named', ...kept.slice(3)])
})

test('comments go, and no line is long', () => {
  const small = minify(`${code}; export const names = ${names}`, { format: 'esm' })
  expect(small).not.toContain('comment')
  expect(small.length).toBeLessThan(code.length)
  expect(Math.max(...small.split('\n').map((line) => line.length))).toBeLessThan(600)
})

test('what cannot be read is an error', () => {
  expect(() => minify('const', { format: 'esm' })).toThrow('cannot be minified')
})

import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'

const script = new URL('../../scripts/support/common-js.mjs', import.meta.url).href
const { asCommonJs } = (await import(script)) as { asCommonJs: (code: string) => string }

test('names are imported once from each module, and exported at the end', () => {
  const code = `import { sep as s } from 'node:path'; import { join } from 'node:path'; import './chunk.js'
    function make() { return join('a', s) + Later.name } export { make as made, Later }; class Later {}`
  const required: string[] = []
  const exports: { readonly made?: () => string } = {}
  const require = (name: string): unknown => {
    required.push(name)
    return { sep: '/', join: (...parts: string[]) => parts.join('') }
  }
  runInNewContext(asCommonJs(code), { exports, require })
  expect(required).toStrictEqual(['node:path', './chunk.js'])
  expect(exports.made?.()).toBe('a/Later')
  expect(exports).toMatchObject({ __esModule: true })
})

test('there is no import.meta', () => {
  const exports = {}
  runInNewContext(asCommonJs('const url = import.meta.url; export { url }'), { exports })
  expect(exports).toHaveProperty('url', undefined)
})

test('errors keep the name of their class', () => {
  const exports: { readonly Late?: new () => Error } = {}
  const code =
    'class Base extends Error { constructor() { super(); this.name = new.target.name } } class Late extends Base {}'
  runInNewContext(asCommonJs(`${code} export { Late }`), { exports })
  expect(exports.Late && new exports.Late().name).toBe('Late')
})

test.for([
  "import all from 'x'",
  "import * as all from 'x'",
  'export const one = 1',
  "await import('x')",
  'import.meta.dirname',
  'let one = 1; export { one }; function change() { one = 2 }',
  'let one = 1; export { one }; function change() { one++ }',
])('what bundles do not have is an error: %s', (code) => {
  expect(() => asCommonJs(code)).toThrow('A bundle')
})

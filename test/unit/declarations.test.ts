import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const script = new URL('../../scripts/support/declarations/write.mjs', import.meta.url).href
const { reachedDeclarations } = (await import(script)) as {
  reachedDeclarations: (files: readonly string[]) => Map<string, string>
}

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

/** The declarations that are shown of some files, of which the first is what users import; without ends of lines. */
function shown(files: Record<string, string>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'declarations-'))
  folders.push(folder)
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
  const [entry = ''] = Object.keys(files)
  const texts = [...reachedDeclarations([join(folder, entry)])]
  return Object.fromEntries(texts.map(([file, text]) => [relative(folder, file), text.trim()]))
}

test('what nobody comes to from the exports is left out', () => {
  const files = {
    'index.d.ts': "export { make } from './make.js';\nimport './other.js';",
    'make.d.ts':
      "import type { Options } from './options.js';\nimport type { Unused } from './other.js';\n" +
      'export declare function make(options: Options): void;\nexport declare function remake(unused: Unused): void;',
    'options.d.ts':
      'export interface Options {\n    /** How long. */\n    readonly ttl: Ttl;\n}\ntype Ttl = number;\ntype Rest = 1;',
    'other.d.ts': 'export type Unused = 1;',
  }
  expect(shown(files)).toEqual({
    'index.d.ts': "export { make } from './make.js';",
    'make.d.ts': "import { Options } from './options.js';\nexport declare function make(options: Options): void",
    'options.d.ts': 'export interface Options {\n\t/** How long. */\n\treadonly ttl: Ttl\n}\ntype Ttl = number',
  })
})

test('names are imported from where they are declared, under the names that they have here', () => {
  const files = {
    'index.d.ts': "export { type A as B, C } from './all/index.js';\nexport type { D } from './all/index.js';",
    'all/index.d.ts': "export { X as A, D } from './x.js';\nexport { C } from './x.js';",
    'all/x.d.ts':
      "import * as tls from 'node:tls';\nimport { type D as E } from './d.js';\nexport { D } from './d.js';\n" +
      'export type X = tls.TlsOptions;\nexport declare class C extends E {\n}',
    'all/d.d.ts': 'export declare class D {\n    #private;\n}',
  }
  expect(shown(files)).toEqual({
    'index.d.ts': "export { type X as B, C } from './all/x.js';\nexport { type D } from './all/d.js';",
    'all/x.d.ts':
      "import * as tls from 'node:tls';\nimport { D as E } from './d.js';\n" +
      'export type X = tls.TlsOptions\nexport declare class C extends E {\n}',
    'all/d.d.ts': 'export declare class D {\n\t#private\n}',
  })
})

test('what is internal is not shown, nor what it alone needs', () => {
  const files = {
    'index.d.ts':
      "import type { Parts, Context } from './parts.js';\n" +
      'export declare class Cache {\n    /** @internal */\n    readonly parts: Parts;\n    /** Its name. */\n    name: string;\n' +
      '    /**\n     * @internal `make` does it.\n     */\n    constructor(parts: Parts);\n    context(): Context<string>;\n}',
    'parts.d.ts':
      'export interface Parts {\n}\n/**\n * Made of parts.\n * @internal\n */\n' +
      'export declare class Context<T> implements Parts {\n    readonly parts: Parts;\n}',
  }
  expect(shown(files)).toEqual({
    'index.d.ts':
      "import { Context } from './parts.js';\n" +
      'export declare class Cache {\n\t/** Its name. */\n\tname: string\n\tprivate constructor()\n\tcontext(): Context<string>\n}',
    'parts.d.ts': 'export declare class Context<T> {\n\t#private\n}',
  })
})

test('a declaration that cannot be followed is an error', () => {
  expect(() =>
    shown({ 'index.d.ts': "import * as all from './all.js';\nexport type A = all.A;", 'all.d.ts': 'export {};' }),
  ).toThrow('imports all of ./all.js')
  expect(() => shown({ 'index.d.ts': "export { A } from './a.js';", 'a.d.ts': 'export type B = 1;' })).toThrow(
    'no export A',
  )
  expect(() => shown({ 'index.d.ts': 'export type A = ;' })).toThrow('cannot be read')
})

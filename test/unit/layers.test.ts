import { expect, test } from 'vitest'

interface Problem {
  readonly path: string
  readonly line: number
  readonly problem: string
}

interface SourceFile {
  readonly path: string
}

const script = (name: string): string => new URL(`../../scripts/support/${name}`, import.meta.url).href
const { layerProblems } = (await import(script('layers.mjs'))) as {
  layerProblems: (files: readonly SourceFile[], dependencies: readonly string[]) => Problem[]
}
const { sourceFile } = (await import(script('source-files.mjs'))) as {
  sourceFile: (path: string, text: string) => SourceFile
}

test('an import of a lower layer, of a leaf or of a declared package is fine', () => {
  expect(
    check({
      'errors.ts': '',
      'units.ts': "import { E } from './errors.js'",
      'keys/slot.ts': "import { E } from '../errors.js'",
      'connection/pool.ts': "import type { M } from '../units.js'\nimport net from 'node:net'",
      'cache/cache.ts': "import { P } from '../connection/pool.js'\nimport { LRUCache } from 'lru-cache'",
      'cache/keys.ts': "export * from '../keys/slot.js'",
      'lab/lab.ts': "import { P } from '../connection/pool.js'\nimport { spawn } from 'node:child_process'",
    }),
  ).toEqual([])
})

test.for([
  [
    'an arrow that points back',
    'connection/a.ts',
    "\nimport { C } from '../cache/c.js'",
    2,
    /connection may not import cache/,
  ],
  ['a type that points back', 'units.ts', "import type { C } from './cache/c.js'", 1, /units may not import cache/],
  ['an import call', 'connection/a.ts', "await import('../cache/c.js')", 1, /connection may not import cache/],
  [
    'a leaf that imports a layer',
    'keys/a.ts',
    "import { P } from '../connection/p.js'",
    1,
    /keys may not import connection/,
  ],
  ['anybody who imports the lab', 'testing.ts', "import { L } from './lab/l.js'", 1, /testing may not import lab/],
  ['the lab, when it knows caches', 'lab/a.ts', "import { C } from '../cache/c.js'", 1, /lab may not import cache/],
  ['layers of one line', 'cli/a.ts', "import { D } from '../dashboard/d.js'", 1, /cli may not import dashboard/],
  ['a folder that has no place', 'misc/a.ts', "import { C } from '../cache/c.js'", 1, /misc is no known layer/],
  [
    'a file that is not there',
    'cache/a.ts',
    "import { X } from './x.js'",
    1,
    /imports cache\/x\.ts, which is not there/,
  ],
  ['a package that is not declared', 'cache/a.ts', "import x from '@scope/x/deep'", 1, /@scope\/x is not a dependency/],
  ['a builtin without its prefix', 'cache/a.ts', "import fs from 'fs'", 1, /say node:fs/],
  ['the clock', 'cache/a.ts', 'const t = Date.now()', 1, /Date\.now: the clock is read in units\.ts only/],
  ['a process', 'cache/a.ts', "import { spawn } from 'node:child_process'", 1, /processes are started in lab/],
  ['an old word', 'cache/a.ts', '// ask the master', 1, /master: the old words/],
  ['an old word in a name', 'cache/a.ts', 'const slaveCount = isMaster ? 1 : 2', 1, /the old words/],
] as const)('%s is a problem', ([, path, text, line, problem]) => {
  const [found] = check({ [path]: text })
  expect(found).toMatchObject({ path, line })
  expect(found?.problem).toMatch(problem)
})

test('a comment may speak of the clock, a URL of is_master, a service may be called mymaster', () => {
  expect(check({ 'cache/a.ts': "// like Date.now()\nconst url = 'valkey://mymaster/0?is_master=1'" })).toEqual([])
})

test('a cycle is found where it closes, types included', () => {
  const problems = check({
    'cache/a.ts': "import type { B } from './b.js'",
    'cache/b.ts': "\nimport { A } from './a.js'",
  })
  expect(problems).toEqual([
    { path: 'cache/b.ts', line: 2, problem: 'closes a cycle: cache/a.ts → cache/b.ts → cache/a.ts' },
  ])
})

function check(files: Record<string, string>): Problem[] {
  const all = { 'cache/c.ts': '', 'connection/p.ts': '', 'dashboard/d.ts': '', 'lab/l.ts': '', ...files }
  return layerProblems(
    Object.entries(all).map(([path, text]) => sourceFile(path, text)),
    ['lru-cache'],
  )
}

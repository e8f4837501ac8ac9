import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { allChecks } from '../../src/cli/doctor/checks/all.js'
import { commands } from '../../src/cli/run.js'

const runbook = readFileSync('docs/runbook.md', 'utf8')
const page = readFileSync('docs/cli.md', 'utf8')
const found = (file: string, pattern: RegExp): readonly string[] => [
  ...new Set([...readFileSync(file, 'utf8').matchAll(pattern)].map(([, name = '']) => name)),
]

/** A row whose first cell names it, alone or beside others. */
const row = (name: string): RegExp => new RegExp(`^\\| [^|]*\`${name}\`[^|]*\\| .+ \\|$`, 'm')

describe('the runbook has a row', () => {
  test.for(allChecks.map(({ name }) => name))('for the check %s', (name) => {
    expect(runbook).toMatch(row(name))
  })

  test.for(found('src/topology/events.ts', /type: '([a-z]+-[a-z-]+|disagreement)'/g))('for the event %s', (name) => {
    expect(runbook).toMatch(row(name))
  })

  test.for(found('src/errors.ts', /code(?:: string)? = '(E_\w+)'/g))('for the code %s', (code) => {
    expect(runbook).toMatch(row(code))
  })

  test.for(found('docs/errors.md', /^\| `([A-Z_]{4,})` \| /gm).filter((kind) => !kind.startsWith('E_')))(
    'for the warning %s',
    (kind) => {
      expect(runbook).toMatch(row(`VALKEY_CACHE_${kind}`))
    },
  )
})

describe('the runbook sets alerts on', () => {
  const known = found('docs/observability.md', /^\| `(valkey_cache_\w+)` \|/gm)

  test.for(found('docs/runbook.md', /\b(valkey_cache_[a-z_]+?)(?:_bucket|_count|_sum)?\b/g))(
    '%s, which exists',
    (name) => {
      expect(known).toContain(name)
    },
  )
})

test('each check has a name of its own', () => {
  const names = allChecks.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

describe('the page of the command line has', () => {
  test.for(Object.keys(commands))('%s, and its options', (name) => {
    expect(page).toMatch(new RegExp(`^## .*\`${name}\``, 'm'))
    for (const option of commands[name]!.options ?? []) expect(page).toContain(`--${option}`)
  })
})

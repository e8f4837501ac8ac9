import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

interface Option {
  readonly name: string
  readonly type: string
  readonly doc: string
}

/** The page of each adapter and export, by its entry. */
const adapters: Readonly<Record<string, string>> = {
  'src/adapters/better-auth.ts': 'docs/better-auth.md',
  'src/adapters/express-session/index.ts': 'docs/express-session.md',
  'src/adapters/keyv/index.ts': 'docs/keyv.md',
  'src/adapters/rate-limit.ts': 'docs/rate-limit.md',
  'src/adapters/react-router.ts': 'docs/react-router.md',
  'src/adapters/unstorage.ts': 'docs/unstorage.md',
  'src/export/otel/index.ts': 'docs/observability.md',
  'src/export/prometheus.ts': 'docs/observability.md',
}
const entries = ['src/index.ts', 'src/config/django/index.ts', 'src/lab/index.ts', ...Object.keys(adapters)]
const names = new Set(entries.flatMap((file) => readFileSync(file, 'utf8').match(/\b\w+Options\b/g) ?? []))
// Python's own; docs/django-settings.md has a line for each.
names.delete('DjangoOptions')

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
const options = sources.flatMap((file) => optionsIn(readFileSync(`src/${file}`, 'utf8')))

/** The optional properties of the options that users can write down. */
function optionsIn(text: string): Option[] {
  const interfaces = text.matchAll(/^export interface (\w+Options)\b[^{]*\{\n(.*?)^\}/gms)
  return [...interfaces].flatMap(([, owner = '', body = '']) => (names.has(owner) ? propertiesIn(owner, body) : []))
}

function propertiesIn(owner: string, body: string): Option[] {
  const properties = body.matchAll(/^ {2}(?:\/\*\*(.*?)\*\/\s+)?(?:readonly )?(\w+)\?: ([^\n]*)$/gms)
  return [...properties].map(([, doc = '', name, type = '']) => ({ name: `${owner}.${name}`, type, doc }))
}

describe('an option says in its doc comment', () => {
  test.for(options)('its default: $name', ({ doc }) => {
    expect(doc).toMatch(/@default \S/)
  })

  test.for(options.filter(({ type }) => /\b(Duration|Milliseconds|Ttl)\b/.test(type)))('its unit: $name', ({ doc }) => {
    expect(doc).toMatch(/\bms\b/)
  })
})

test.for(['CacheOptions', 'CodecOptions', 'SentinelOptions', 'LockOptions', 'SetOptions', 'GroupOptions'])(
  '%s is among those looked at',
  (owner) => {
    expect(options.filter(({ name }) => name.startsWith(`${owner}.`))).not.toHaveLength(0)
  },
)

describe('the pages have a row', () => {
  const page = readFileSync('docs/options.md', 'utf8')
  const sentinelPage = readFileSync('docs/sentinel.md', 'utf8')
  const of = (...owners: string[]): Option[] => options.filter(({ name }) => owners.includes(name.split('.')[0] ?? ''))

  test.for(of('CacheOptions', 'CodecOptions'))('for $name', ({ name }) => {
    expect(page).toMatch(new RegExp(`^\\| (.*, )?\`${name.split('.')[1]}\`.* \\| .+ \\| .+ \\|$`, 'm'))
  })

  const ofAdapters = Object.entries(adapters).flatMap(([entry, adapterPage]) =>
    optionsIn(readFileSync(entry, 'utf8'))
      .filter(({ name }) => !name.startsWith('UnstorageItemOptions.'))
      .map(({ name }) => ({ name, adapterPage })),
  )

  test.for(ofAdapters)('for $name, in $adapterPage', ({ name, adapterPage }) => {
    const row = new RegExp(`^\\| \`${name.split('.')[1]}\` \\| .+ \\| .+ \\|$`, 'm')
    expect(readFileSync(adapterPage, 'utf8')).toMatch(row)
  })

  test.for(of('SentinelOptions'))('for $name', ({ name }) => {
    expect(sentinelPage).toMatch(
      new RegExp(`^\\| \`sentinelOptions\\..*\\.?${name.split('.')[1]}\`.* \\| .+ \\| .+ \\|$`, 'm'),
    )
  })
})

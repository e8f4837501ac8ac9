/**
 * The text of an apt source for another suite, taken from the machine's own source of `<codename> main`.
 * Shape: `files` are `{ name, text }` as found in sources.list and sources.list.d; undefined when none of them fits.
 */
export function suiteSource(files, codename, suite) {
  for (const { name, text } of files) {
    const source = name.endsWith('.sources') ? fromStanzas(text, codename, suite) : fromLines(text, codename, suite)
    if (source) return { name: `${suite}${name.endsWith('.sources') ? '.sources' : '.list'}`, text: source }
  }
}

/** deb822: stanzas of `Field: value`, a value going on in lines that start with a blank. */
function fromStanzas(text, codename, suite) {
  for (const stanza of withoutComments(text).split(/\n\s*\n/)) {
    const fields = fieldsOf(stanza)
    if (/^(no|false|off|0)$/i.test(fields.get('enabled')?.value ?? 'yes')) continue
    if (!has(fields, 'types', 'deb') || !has(fields, 'suites', codename) || !has(fields, 'components', 'main')) continue
    fields.set('types', { name: 'Types', value: 'deb' })
    fields.set('suites', { name: 'Suites', value: suite })
    return [...fields.values()].map(({ name, value }) => `${name}: ${value}\n`).join('')
  }
}

/** One line each: `deb [options] uri suite components…`. */
function fromLines(text, codename, suite) {
  for (const line of withoutComments(text).split('\n')) {
    const [, start, found, components] = /^\s*(deb\s+(?:\[[^\]]*\]\s+)?\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? []
    if (found === codename && words(components).includes('main')) return `${start} ${suite} ${components.trim()}\n`
  }
}

function fieldsOf(stanza) {
  const fields = new Map()
  for (const [, name, value] of stanza.matchAll(/^([\w-]+):((?:.*)(?:\n[ \t].*)*)/gm))
    fields.set(name.toLowerCase(), { name, value: value.trim() })
  return fields
}

const withoutComments = (text) => text.replace(/^\s*#.*\n?/gm, '').replace(/[ \t]+#.*$/gm, '')
const has = (fields, name, word) => words(fields.get(name)?.value ?? '').includes(word)
const words = (text) => text.split(/\s+/)

/**
 * The text of an apt source for `<codename>-backports`, taken from the machine's own source of `<codename> main`.
 * Shape: `files` are `{ name, text }` as found in sources.list and sources.list.d; undefined when none of them fits.
 */
export function backportsSource(files, codename) {
  for (const { name, text } of files) {
    const source = name.endsWith('.sources') ? fromStanzas(text, codename) : fromLines(text, codename)
    if (source) return { name: name.endsWith('.sources') ? 'backports.sources' : 'backports.list', text: source }
  }
}

/** deb822: stanzas of `Field: value`, a value going on in lines that start with a blank. */
function fromStanzas(text, codename) {
  for (const stanza of withoutComments(text).split(/\n\s*\n/)) {
    const fields = fieldsOf(stanza)
    if (/^(no|false|off|0)$/i.test(fields.get('enabled')?.value ?? 'yes')) continue
    if (!has(fields, 'types', 'deb') || !has(fields, 'suites', codename) || !has(fields, 'components', 'main')) continue
    fields.set('types', { name: 'Types', value: 'deb' })
    fields.set('suites', { name: 'Suites', value: `${codename}-backports` })
    return [...fields.values()].map(({ name, value }) => `${name}: ${value}\n`).join('')
  }
}

/** One line each: `deb [options] uri suite components…`. */
function fromLines(text, codename) {
  for (const line of withoutComments(text).split('\n')) {
    const [, start, suite, components] = /^\s*(deb\s+(?:\[[^\]]*\]\s+)?\S+)\s+(\S+)\s+(.+)$/.exec(line) ?? []
    if (suite === codename && words(components).includes('main'))
      return `${start} ${codename}-backports ${components.trim()}\n`
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

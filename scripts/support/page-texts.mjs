import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'
import { edited, visit } from './syntax.mjs'

/**
 * For esbuild: leaves out what the table of Django's settings says for `docs/django-settings.md` alone. What it warns
 * of and refuses stays.
 */
export function withoutPageTexts(modules) {
  const table = join(modules, 'config/django/names.js')
  return {
    name: 'texts of the page',
    setup: ({ onLoad }) =>
      onLoad({ filter: /names\.js$/ }, ({ path }) =>
        path === table ? { contents: withoutTexts(readFileSync(path, 'utf8')) } : undefined,
      ),
  }
}

/** The first argument of each function that keeps a text for the page becomes empty. */
function withoutTexts(code) {
  const edits = []
  visit(parseSync('names.mjs', code).program, (node) => {
    if (node.type !== 'CallExpression' || !keepers.has(node.callee.name)) return
    for (const { start, end } of node.arguments.slice(0, 1)) edits.push({ start, end, text: "''" })
  })
  return edited(code, edits)
}

const keepers = new Set(['maps', 'mapsWhenSet', 'readElsewhere', 'holdsAnyway'])

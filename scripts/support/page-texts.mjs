import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'

/**
 * For esbuild: leaves out what the table of Django's settings says for `docs/django-settings.md` alone. What it warns of
 * and refuses stays.
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

function withoutTexts(code) {
  const texts = textsIn(parseSync('names.mjs', code).program).toSorted((a, b) => b.start - a.start)
  return texts.reduce((shorter, { start, end }) => `${shorter.slice(0, start)}''${shorter.slice(end)}`, code)
}

/** The first arguments of the functions that keep them for the page. */
function textsIn(tree) {
  if (tree === null || typeof tree !== 'object') return []
  if (tree.type === 'CallExpression' && keepers.has(tree.callee.name)) return tree.arguments.slice(0, 1)
  return Object.values(tree).flatMap(textsIn)
}

const keepers = new Set(['maps', 'mapsWhenSet', 'readElsewhere', 'holdsAnyway'])

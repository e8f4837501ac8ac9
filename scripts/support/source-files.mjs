import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'

/**
 * The TypeScript files of a folder.
 * Shape: `path` and the targets of imports are relative to the folder; a package's target is its specifier.
 * `code` is the text with comments blanked and lines kept.
 */
export function sourceFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(folder, path), 'utf8')))
}

export function sourceFile(path, text) {
  const code = withoutComments(text)
  return { path, text, code, imports: importsOf(path, code) }
}

/** Runs `found` for each match, with the number of its line. */
export function eachMatch(text, pattern, found) {
  for (const match of text.matchAll(pattern)) found(match, text.slice(0, match.index).split('\n').length)
}

function importsOf(path, code) {
  const imports = []
  eachMatch(code, /\b(?:from|import)\s*\(?\s*'([^']+)'/g, ([, specifier], line) => {
    const local = specifier.startsWith('.')
    const target = local ? normalize(join(dirname(path), specifier)).replace(/\.js$/, '.ts') : specifier
    imports.push({ local, target, line })
  })
  return imports
}

function withoutComments(text) {
  const stringOrComment = /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\/[^\n]*|\/\*[^]*?\*\//g
  return text.replace(stringOrComment, (match, string) => string ?? match.replace(/[^\n]/g, ' '))
}

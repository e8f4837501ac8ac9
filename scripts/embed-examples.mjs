// Puts the examples into the pages that name them: a comment `<!-- examples/x.ts -->` is followed by the file.
// With --check it only says which pages are out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { root } from './support/root.mjs'

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((page) => join('docs', page))]
const check = process.argv.includes('--check')
let stale = 0

for (const page of pages.filter((name) => name.endsWith('.md'))) {
  const text = readFileSync(join(root, page), 'utf8')
  const embedded = text.replaceAll(/<!-- (examples\/\S+) -->\n```\w+\n[\s\S]*?```/g, (_, file) => embed(file))
  if (embedded === text) continue
  stale++
  console.error(`${page}: ${check ? 'its examples are out of date; run npm run examples' : 'updated'}`)
  if (!check) writeFileSync(join(root, page), embedded)
}
console.log(`examples: ${pages.length} pages, ${stale} ${check ? 'out of date' : 'updated'}`)
process.exitCode = check && stale > 0 ? 1 : 0

function embed(file) {
  return `<!-- ${file} -->\n\`\`\`${extname(file).slice(1)}\n${readFileSync(join(root, file), 'utf8')}\`\`\``
}

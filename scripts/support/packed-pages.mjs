import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { manifest } from './manifest.mjs'

/**
 * Says which links of the pages in an installed package lead to files that it does not have, but for the pages that it
 * leaves out: the README says that these are in the repository only (a test asks).
 */
export function deadLinks(folder) {
  return pages(folder).flatMap((page) =>
    linksOf(page)
      .filter((target) => !existsSync(join(dirname(page), target)))
      .filter((target) => !manifest.files.includes(`!${relative(folder, join(dirname(page), target))}`))
      .map((target) => `${relative(folder, page)} in the package leads to ${target}, which is not in it`),
  )
}

function pages(folder) {
  const found = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.md'))
  return found.map((path) => join(folder, path))
}

/** The files that links lead to, outside blocks of code; addresses and places within the page are none. */
function linksOf(page) {
  const prose = readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target)
  return targets.filter((target) => !/^(#|[a-z]+:)/.test(target)).map((target) => target.split('#')[0])
}

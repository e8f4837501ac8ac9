import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'

const docs = readdirSync('docs')
  .filter((page) => page.endsWith('.md'))
  .map((page) => `docs/${page}`)
const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] }
/** Pages that the package leaves out. */
const leftOut = [...docs.filter((page) => files.includes(`!${page}`)), 'bench/README.md', 'CHANGELOG.md']
const pages = ['README.md', 'CHANGELOG.md', 'bench/README.md', ...docs]

/** Without what stands in blocks of code. */
const prose = (page: string): string => readFileSync(page, 'utf8').replace(/^```.*?^```/gms, '')

/** As GitHub makes them of headings. */
const anchors = (page: string): string[] =>
  [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

const links = pages.flatMap((page) =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ page, target })),
)

describe('the pages', () => {
  test.for(links.filter(({ target }) => !/^[a-z]+:/.test(target)))('$page leads to $target', ({ page, target }) => {
    const [file = '', anchor] = target.split('#')
    const path = file === '' ? page : join(dirname(page), file)
    expect(existsSync(path)).toBe(true)
    if (anchor !== undefined) expect(anchors(path)).toContain(anchor)
  })

  test.for(docs.filter((page) => page !== 'docs/design.md'))('the README lists %s', (page) => {
    expect(prose('README.md')).toMatch(new RegExp(`^\\| \\[.+\\]\\(${page}\\) \\| .+ \\|$`, 'm'))
  })

  test.for(leftOut)('the README says that %s is in the repository only', (page) => {
    expect(prose('README.md').split('In the repository only')[1]).toContain(`\`${page}\``)
  })
})

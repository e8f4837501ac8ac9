import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import * as errors from '../../src/errors.js'
import { fallbacks, publicMethods } from '../support/public-methods.js'

const commands = readFileSync('docs/commands.md', 'utf8')
const errorsPage = readFileSync('docs/errors.md', 'utf8')
const examples = readdirSync('examples/commands').map((file) => readFileSync(`examples/commands/${file}`, 'utf8'))

/** They have pages of their own, or are shown wherever a cache is made. */
const elsewhere = ['lock', 'typed', 'ping', 'topology', 'stats', 'on', 'close', 'destroy']

describe('the page of commands', () => {
  test.for(publicMethods())('has a line for %s', (name) => {
    expect(commands).toMatch(new RegExp(`^\\| .*\`${name}\\(.* \\| .* \\| .* \\|$`, 'm'))
  })

  test.for(publicMethods().filter((name) => !elsewhere.includes(name)))('has an example of %s', (name) => {
    expect(examples.some((example) => example.includes(`.${name}(`) || example.includes(`.${name}<`))).toBe(true)
  })
})

describe('the page of errors', () => {
  test.for(Object.keys(errors).filter((name) => !['CacheError', 'TopologyError'].includes(name)))('has %s', (name) => {
    expect(errorsPage).toMatch(new RegExp(`^\\| \`${name}\` \\|`, 'm'))
  })

  test.for(Object.keys(fallbacks))('says what %s answers in an outage', (name) => {
    const table = errorsPage.slice(errorsPage.indexOf('| methods |'), errorsPage.indexOf('These reject'))
    expect(table.split(`\`${name}\``)).toHaveLength(2)
  })
})

import { randomUUID } from 'node:crypto'

/** What becomes of a part once it is read; inner parts come first. */
export type Reviver = (key: string, value: unknown) => unknown

/**
 * JSON, and what Python's json writes beyond it: `NaN`, `Infinity` and `-Infinity`.
 * Whole numbers past 2^53 inside a value lose their last digits, as JSON.parse has it.
 * @throws {SyntaxError} for anything else
 */
export function parseJson(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver)
  } catch (error) {
    if (!text.includes('NaN') && !text.includes('Infinity')) throw error
    return parseOfPython(text, reviver)
  }
}

/** Infinity has a form in JSON, NaN has none: a text that nobody can have written stands in for it. */
function parseOfPython(text: string, reviver: Reviver | undefined): unknown {
  const nan = randomUUID()
  const json = text.replace(textOrLiteral, (found) => {
    if (found.startsWith('"')) return found
    return found === 'NaN' ? `"${nan}"` : found.replace('Infinity', '1e999')
  })
  return JSON.parse(json, (key, value: unknown) => (value === nan ? NaN : reviver ? reviver(key, value) : value))
}

/** A text that does not end is taken to the end, so that nothing is looked at twice; JSON.parse refuses it. */
const textOrLiteral = /"[^"\\]*(?:\\[^]?[^"\\]*)*"?|-?Infinity|NaN/g

import { stripVTControlCharacters, styleText } from 'node:util'
import type { Output, Surroundings } from '../surroundings.js'

/** Formats a text for the terminal; leaves it as it is where colours are not wanted. */
export type Paint = (format: Format, text: string) => string
export type Format = 'bold' | 'dim' | 'green' | 'red' | 'yellow'

/** Colours are for terminals, unless NO_COLOR says otherwise. */
export function painter(output: Output, env: Surroundings['env']): Paint {
  const coloured = output.isTTY === true && !env['NO_COLOR']
  return (format, text) => (coloured ? styleText(format, text, { validateStream: false }) : text)
}

/** How many columns a text takes, without what formats it. */
export function widthOf(text: string): number {
  return stripVTControlCharacters(text).length
}

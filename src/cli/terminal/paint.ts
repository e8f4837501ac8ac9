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

/** A text that takes no more than so many columns; what is left out shows as `…`, what formats it stays. Pure. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text
  let left = columns - 1
  const kept = text.replaceAll(formatOrCharacter, (part) => (part.length > 2 || left-- > 0 ? part : ''))
  return `${kept}…`
}

/** A text of a user's as it may be written there: as it is, but harmless on a terminal. */
export function shownOn(output: Output, text: string): string {
  return output.isTTY === true ? harmless(text) : text
}

/** A text of a user's without what would move the cursor or change the colours of a terminal. Pure. */
export function harmless(text: string): string {
  return text.replaceAll(
    /(?![\t\n])\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

const escape = '\u001b'
const formatOrCharacter = new RegExp(`${escape}\\[[\\d;]*m|.`, 'gsu')

/**
 * Rewrites a JSON text: what stands outside of its strings, and its strings with their quotes.
 * Without a regular expression for strings, which runs out of stack in one of some million escapes.
 */
export function rewriteJson(
  text: string,
  outside: (part: string) => string,
  string: (part: string) => string = asItIs,
): string {
  let rewritten = ''
  let at = 0
  for (let start = text.indexOf('"'); start !== -1; start = text.indexOf('"', at)) {
    const end = endOfString(text, start)
    rewritten += outside(text.slice(at, start)) + string(text.slice(start, end))
    at = end
  }
  return rewritten + outside(text.slice(at))
}

/** Where a string ends that begins here, behind its quote; the end of the text when it does not end. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end + 1
}

/** Whether an odd number of backslashes stands in front of a character. */
export function isEscaped(text: string, at: number): boolean {
  let from = at
  while (text.charCodeAt(from - 1) === backslash) from--
  return (at - from) % 2 === 1
}

function asItIs(string: string): string {
  return string
}

const backslash = 0x5c

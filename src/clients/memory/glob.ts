import type { Binary } from './binary.js'

/**
 * Whether a server's pattern matches a text as a whole: `*`, `?`, `[abc]`, `[^a]`, `[a-z]`, `\` before what is meant
 * literally.
 * Shape: byte by byte, and also in the details nobody writes down: a class without its `]` ends with the pattern, the
 * ends of a range may stand in either order, bytes past 127 come before all others (on x86), no pattern but `*` itself
 * and `''` matches nothing at all, and one that nests more than 1,000 stars matches nothing.
 * Source: Valkey's stringmatchlen
 */
export function matches(pattern: Binary, text: Binary): boolean {
  return pattern === '*' || match({ pattern, text, hopeless: false }, 0, 0, 0)
}

interface Attempt {
  readonly pattern: Binary
  readonly text: Binary
  /** The rest of the pattern is nowhere in the rest of the text: no earlier star need try a longer stretch. */
  hopeless: boolean
}

function match(attempt: Attempt, from: number, start: number, nesting: number): boolean {
  const { pattern, text } = attempt
  if (nesting > 1_000) return false
  let [at, index] = [from, start]
  while (at < pattern.length && index < text.length) {
    if (pattern[at] === '*') return matchStar(attempt, at, index, nesting)
    const step = matchOne(pattern, at, text.charCodeAt(index))
    if (step === undefined) return false
    at = step
    index++
  }
  if (index === text.length && index > start) at = skipStars(pattern, at)
  return at >= pattern.length && index === text.length
}

function matchStar(attempt: Attempt, at: number, start: number, nesting: number): boolean {
  const { pattern, text } = attempt
  const rest = skipStars(pattern, at)
  if (rest === pattern.length) return true
  for (let index = start; index < text.length; index++) {
    if (match(attempt, rest, index, nesting + 1)) return true
    if (attempt.hopeless) return false
  }
  attempt.hopeless = true
  return false
}

/** Where the pattern goes on when its part at `at` takes this character; `undefined` when it does not. */
function matchOne(pattern: Binary, at: number, code: number): number | undefined {
  if (pattern[at] === '?') return at + 1
  if (pattern[at] === '[') return matchClass(pattern, at + 1, code)
  const literal = pattern[at] === '\\' && at + 1 < pattern.length ? at + 1 : at
  return pattern.charCodeAt(literal) === code ? literal + 1 : undefined
}

function matchClass(pattern: Binary, start: number, code: number): number | undefined {
  const not = pattern[start] === '^'
  let at = not ? start + 1 : start
  let found = false
  while (at < pattern.length && pattern[at] !== ']') {
    const range = rangeAt(pattern, at)
    found ||= signed(code) >= range.low && signed(code) <= range.high
    at = range.end
  }
  return found === not ? undefined : at + 1
}

interface Range {
  readonly low: number
  readonly high: number
  readonly end: number
}

function rangeAt(pattern: Binary, at: number): Range {
  const escaped = pattern[at] === '\\' && at + 1 < pattern.length
  const first = signed(pattern.charCodeAt(escaped ? at + 1 : at))
  if (escaped) return { low: first, high: first, end: at + 2 }
  if (pattern[at + 1] !== '-' || at + 2 >= pattern.length) return { low: first, high: first, end: at + 1 }
  const last = signed(pattern.charCodeAt(at + 2))
  return { low: Math.min(first, last), high: Math.max(first, last), end: at + 3 }
}

function skipStars(pattern: Binary, at: number): number {
  while (pattern[at] === '*') at++
  return at
}

/** A byte as C's char on x86. */
function signed(code: number): number {
  return (code << 24) >> 24
}

/**
 * Whether a text fits a glob as the server reads it: `*`, `?`, `[a-z]`, `[^a]`, and `\` before what is meant as it is.
 * In a time that grows with text times pattern: a star takes more only when what follows it does not fit.
 * Of all patterns with stars only `*` itself fits a text of no length, as on the server.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  if (text === '') return pattern === '' || pattern === '*'
  let [at, place] = [0, 0]
  let star: { readonly after: number; from: number } | undefined
  while (place < text.length) {
    if (pattern[at] === '*') {
      star = { after: ++at, from: place }
      continue
    }
    const step = at < pattern.length ? readStep(pattern, at) : undefined
    if (step?.fits(text[place] as string)) {
      at = step.next
      place++
    } else if (star !== undefined) {
      at = star.after
      place = ++star.from
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** What stands for one character, and where the pattern goes on. */
interface Step {
  readonly fits: (character: string) => boolean
  readonly next: number
}

function readStep(pattern: string, at: number): Step {
  const character = pattern[at] as string
  if (character === '?') return { fits: () => true, next: at + 1 }
  if (character === '[') return readClass(pattern, at + 1)
  const escaped = character === '\\' && at + 1 < pattern.length
  const wanted = escaped ? pattern[at + 1] : character
  return { fits: (found) => found === wanted, next: at + (escaped ? 2 : 1) }
}

/** One that is never closed goes to the end, as on the server. */
function readClass(pattern: string, start: number): Step {
  const negated = pattern[start] === '^'
  const ranges: (readonly [from: string, to: string])[] = []
  let at = negated ? start + 1 : start
  while (at < pattern.length && pattern[at] !== ']') {
    const escaped = pattern[at] === '\\' && at + 1 < pattern.length
    if (escaped) at++
    const from = pattern[at] as string
    const ranged = !escaped && pattern[at + 1] === '-' && at + 2 < pattern.length
    const to = ranged ? (pattern[at + 2] as string) : undefined
    ranges.push(to === undefined ? [from, from] : from <= to ? [from, to] : [to, from])
    at += to === undefined ? 1 : 3
  }
  const fits = (found: string): boolean => ranges.some(([from, to]) => from <= found && found <= to) !== negated
  return { fits, next: Math.min(at + 1, pattern.length) }
}

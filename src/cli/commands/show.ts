import type { Given } from '../given.js'
import type { Surroundings } from '../surroundings.js'
import { painter, type Paint } from '../terminal/paint.js'

/** Writes what a command has found: with `--json` as JSON on one line, else as lines of text. */
export function show(
  { json }: Given,
  { stdout, env }: Surroundings,
  { found, lines }: { readonly found: unknown; readonly lines: (paint: Paint) => readonly string[] },
): void {
  const text = json ? JSON.stringify(found) : lines(painter(stdout, env)).join('\n')
  stdout.write(`${text}\n`)
}

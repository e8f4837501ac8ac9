import { builtins } from '../../builtins.js'

const shas = new Map<string, string>()

/** The name under which servers know a script once it was loaded. Each of our scripts is hashed once, at its first use. */
export function shaOf(script: string): string {
  const sha = shas.get(script) ?? builtins.crypto.createHash('sha1').update(script).digest('hex')
  shas.set(script, sha)
  return sha
}

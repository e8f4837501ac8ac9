import { Readable } from 'node:stream'
import { run } from '../../src/cli/run.js'

/** What a command came to. */
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** What it found around it. */
export interface Around {
  readonly env?: Readonly<Record<string, string>>
  /** @default one without a configuration */
  readonly folder?: string
}

/** Runs one command in this process. */
export async function commandLine(args: readonly string[], { env = {}, folder = '/' }: Around = {}): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []]
  const code = await run(args, {
    env,
    folder,
    stdin: Readable.from([]),
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    stop: new AbortController().signal,
  })
  return { code, out: out.join(''), err: err.join('') }
}

/** Runs one command in this process, and reads its JSON. */
export async function commandJson<T>(args: readonly string[], around?: Around): Promise<T & { readonly code: number }> {
  const { code, out, err } = await commandLine([...args, '--json'], around)
  if (out === '') throw new Error(err)
  return { ...(JSON.parse(out) as T), code }
}

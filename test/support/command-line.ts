import { Readable } from 'node:stream'
import type { Finding } from '../../src/cli/doctor/check.js'
import { diagnose } from '../../src/cli/doctor/diagnose.js'
import { run } from '../../src/cli/run.js'
import { remoteOf } from '../../src/cli/target/target.js'
import { resolveCache } from '../../src/config/resolve.js'
import type { CacheOptions } from '../../src/index.js'
import type { Clock } from '../../src/units.js'

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

/** What the doctor finds of a cache with these options, but for what is well. */
export async function wrongWith(options: CacheOptions, clock?: Clock): Promise<readonly Finding[]> {
  const resolved = resolveCache('default', options, {})
  const { findings } = await diagnose(resolved, remoteOf({ name: 'default', resolved }), clock)
  return findings.filter(({ level }) => level !== 'ok')
}

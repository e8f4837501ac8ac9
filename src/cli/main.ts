#!/usr/bin/env node
import type { ExitCode } from './exit-code.js'
import { run } from './run.js'

const { env, stdin, stdout, stderr } = process
const stopping = new AbortController()
let isHeard = false
let code: ExitCode = 0

/** Only what goes on until it is stopped hears of signals; anything else ends of them, as programs do. */
function hearSignals(): AbortSignal {
  if (!isHeard)
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort())
  isHeard = true
  return stopping.signal
}

/** Whoever reads our output may have enough of it, as head does. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') process.exit(2)
  if (isHeard) stopping.abort()
  else process.exit(code)
}

stderr.on('error', onOutputError)
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') stderr.write(`valkey-cache: the output cannot be written: ${error.message}\n`)
  onOutputError(error)
})

code = await run(process.argv.slice(2), {
  env,
  folder: process.cwd(),
  stdin,
  stdout,
  stderr,
  get stop() {
    return hearSignals()
  },
})
// What went wrong with the output is told first. A configuration of a user's own may keep the process alive; of a name that
// is still being looked up the system waits for the end all the same.
stdout.write('', () => setImmediate(() => process.exit(code)))

#!/usr/bin/env node
import type { ExitCode } from './exit-code.js'
import { run } from './run.js'

const { env, stdin, stdout, stderr } = process
const stopping = new AbortController()
let isHeard = false
let isHungUp = false
let isUnwritten = false
let isOver = false
let code: ExitCode = 0

/** Ours alone: what a configuration prints, and its functions later, goes to stderr, so that `--json` is JSON. */
const output = Object.create(stdout, { write: { value: stdout.write.bind(stdout) } }) as typeof stdout
stdout.write = stderr.write.bind(stderr)

/** Only what goes on until it is stopped hears of signals; anything else ends of them, as programs do. */
function hearSignals(): AbortSignal {
  if (!isHeard) {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
    // Both the system and the shell may send it when a terminal goes away.
    process.on('SIGHUP', hangUp)
  }
  isHeard = true
  return stopping.signal
}

function hangUp(): void {
  isHungUp = true
  stopping.abort()
}

/** Without its terminal, at whose loss Node 20.20 crashes when it exits, it ends by that signal. */
function end(): void {
  isOver = true
  process.off('SIGHUP', hangUp)
  if (isHungUp) process.kill(process.pid, 'SIGHUP')
  else process.exit(isUnwritten ? 2 : code)
}

/** A configuration may never be there, or end the process. */
function onExit(): void {
  if (isOver) return
  stderr.write('valkey-cache: the process ended before the command did; see the configuration\n')
  process.exitCode = 2
}

/** Whoever reads our output may have enough of it, as head does. */
function onOutputError(error: NodeJS.ErrnoException): void {
  isUnwritten ||= error.code !== 'EPIPE'
  if (isHeard) stopping.abort()
  else end()
}

process.once('exit', onExit)
stderr.on('error', onOutputError)
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') stderr.write(`valkey-cache: the output cannot be written: ${error.message}\n`)
  onOutputError(error)
})

code = await run(process.argv.slice(2), {
  env,
  folder: process.cwd(),
  stdin,
  stdout: output,
  stderr,
  get stop() {
    return hearSignals()
  },
})
// What went wrong with the output is told first. A configuration of a user's own may keep the process alive; of a name that
// is still being looked up the system waits for the end all the same.
output.write('', () => setImmediate(end))

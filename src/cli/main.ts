#!/usr/bin/env node
import { run } from './run.js'

const stopped = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort())
// Whoever reads our output may have enough of it, as head does.
process.stdout.on('error', () => process.exit(0))

const { env, stdin, stdout, stderr } = process
const code = await run(process.argv.slice(2), {
  env,
  folder: process.cwd(),
  stdin,
  stdout,
  stderr,
  stop: stopped.signal,
})
// A configuration of a user's own may keep the process alive, and so may a name server that does not answer.
stdout.write('', () => process.exit(code))

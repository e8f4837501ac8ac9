import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './root.mjs'

/** Runs a program in the repository and shows what it says. @returns its exit status */
export async function show(program, args, env = {}) {
  return ended(program, spawn(program, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } }))
}

/** Waits for the end of a program. @returns its exit status, and one that is not 0 where a signal ended it */
export async function ended(program, child) {
  return new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`)
      resolve(127)
    })
    child.once('exit', (status, signal) => resolve(status ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}

/** Runs a program and keeps what it says. */
export function capture(program, args, { cwd = root } = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return { ok: status === 0, stdout: stdout ?? '', output: [stdout, stderr, error?.message].filter(Boolean).join('') }
}

/** A program that a development dependency brings. */
export const bin = (name) => join(root, 'node_modules/.bin', name)

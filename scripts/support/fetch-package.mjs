import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture } from './run.mjs'

/** Installs one npm package in a folder of its own, beside the project's. @returns what went wrong, or nothing */
export function fetchPackage(folder, spec) {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const install = ['install', spec, '--no-audit', '--no-fund', '--loglevel=error']
  const { ok, output } = capture('npm', install, { cwd: folder })
  return ok ? undefined : output.trim()
}

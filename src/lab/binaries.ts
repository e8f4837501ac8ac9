import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LabError } from './lab-error.js'

/** The programs that the lab starts. */
export interface Binaries {
  readonly name: 'valkey' | 'redis'
  readonly server: string
  readonly sentinel: string
}

/**
 * Finds valkey-server and valkey-sentinel on PATH, else redis-server and redis-sentinel; the environment's
 * `VALKEY_CACHE_LAB` (`valkey` or `redis`) settles it for one of them.
 * @throws {LabError} E_LAB when there are none
 */
export function findBinaries(path: string = process.env['PATH'] ?? ''): Binaries {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
  const wanted = process.env['VALKEY_CACHE_LAB']
  for (const name of ['valkey', 'redis'] as const) {
    if (wanted && wanted !== name) continue
    const server = which(`${name}-server`, folders)
    const sentinel = which(`${name}-sentinel`, folders)
    if (server && sentinel) return { name, server, sentinel }
  }
  throw new LabError(
    'No valkey-server with valkey-sentinel on PATH, and no redis-server with redis-sentinel. ' +
      'Install Valkey 8 (or Redis 7): Debian: apt-get install valkey-server valkey-sentinel; macOS: brew install valkey.',
  )
}

function which(program: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, program)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

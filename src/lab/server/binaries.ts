import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { show } from '../../units.js'
import { checkOptions, LabError } from '../lab-error.js'

/** The server programs that a lab starts. */
export interface Programs {
  /** Path of a `valkey-server` or `redis-server`. */
  readonly server: string
  /** Path of a `valkey-sentinel` or `redis-sentinel`; a server program of the same build does as well. */
  readonly sentinel: string
}

/** The programs with their name. */
export interface Binaries extends Programs {
  readonly name: 'valkey' | 'redis'
}

/**
 * Gives the programs that were asked for, after a look at whether they can be run.
 * @throws {LabError} E_LAB when one of them cannot, and at a name that is neither
 */
export function readBinaries(programs: Programs): Binaries {
  const { server, sentinel } = programs
  checkOptions('binaries', programs, { server, sentinel })
  const [serverPath, sentinelPath] = [runnable('server', server), runnable('sentinel', sentinel)]
  const [, name] = /^(Valkey|Redis) server v=/i.exec(versionOf(serverPath)) ?? []
  if (name === undefined) throw new LabError(`binaries.server: ${serverPath} --version does not tell Valkey or Redis.`)
  return { name: name === 'Valkey' ? 'valkey' : 'redis', server: serverPath, sentinel: sentinelPath }
}

/** What a server program says of its version: `Redis server v=7.0.15 …`; empty when it says nothing. */
export function versionOf(program: string): string {
  return spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? ''
}

/** Servers work in folders of their own, so their programs need absolute paths. */
function runnable(option: keyof Programs, path: string): string {
  const absolute = typeof path === 'string' ? resolve(path) : show(path)
  if (isExecutable(absolute)) return absolute
  throw new LabError(`binaries.${option}: ${absolute} is not a program that can be run here.`)
}

/**
 * Finds valkey-server and valkey-sentinel on PATH, else redis-server and redis-sentinel; the environment's
 * `VALKEY_CACHE_LAB` (`valkey` or `redis`) settles it for one of them.
 * @throws {LabError} E_LAB when there are none
 */
export function findBinaries(
  path: string = process.env['PATH'] ?? '',
  wanted: string | undefined = process.env['VALKEY_CACHE_LAB'],
): Binaries {
  const folders = path.split(delimiter).filter((folder) => folder !== '')
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

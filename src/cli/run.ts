import { readFileSync } from 'node:fs'
import {
  AuthenticationError,
  CacheError,
  CommandTimeoutError,
  ConfigurationError,
  ConnectionError,
  TopologyError,
  UnsupportedError,
} from '../errors.js'
import { LabError } from '../lab/lab-error.js'
import type { Command } from './command.js'
import { clear } from './commands/clear.js'
import { del } from './commands/del.js'
import { doctor } from './commands/doctor.js'
import { drill } from './commands/drill.js'
import { explain } from './commands/explain.js'
import { get } from './commands/get.js'
import { keys } from './commands/keys.js'
import { lab } from './commands/lab.js'
import { status } from './commands/status.js'
import type { ExitCode } from './exit-code.js'
import { divideArguments, readGiven } from './given.js'
import type { Surroundings } from './surroundings.js'

/** Every command by its name, in the order of the help. */
export const commands: Readonly<Record<string, Command>> = {
  status,
  doctor,
  explain,
  keys,
  get,
  del,
  clear,
  drill,
  lab,
}

/** Runs the command that the arguments name. Never rejects: what goes wrong is told, and is the exit code. */
export async function run(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  const { name = args[0] ?? 'help', rest } = divideArguments(args)
  try {
    if (['help', '--help', '-h'].includes(name)) return tell(surroundings, help())
    if (name === '--version') return tell(surroundings, `${version()}\n`)
    const command = commandOf(name)
    const given = readGiven(name, command, rest)
    return given.help ? tell(surroundings, commandHelp(command)) : await command.run(given, surroundings)
  } catch (error) {
    surroundings.stderr.write(`valkey-cache: ${textOf(error)}\n`)
    return exitFor(error)
  }
}

function commandOf(name: string): Command {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command !== undefined) return command
  const known = Object.keys(commands).join(', ')
  const problem = name.startsWith('-') ? 'no command is named' : `there is no command '${name}'`
  throw new ConfigurationError('arguments', `${problem}; there are ${known}`)
}

/**
 * What could not be looked at, or not be understood, is 2; what was refused is 1, by a server that let us in. Which of both
 * an AuthenticationError tells of stands in its message only.
 */
export function exitFor(error: unknown): ExitCode {
  if (error instanceof AuthenticationError && /was refused: (?!WRONGPASS|NOAUTH)/.test(error.message)) return 1
  return error instanceof CacheError && !unseen.some((kind) => error instanceof kind) ? 1 : 2
}

const unseen = [ConfigurationError, UnsupportedError, ConnectionError, TopologyError, CommandTimeoutError, LabError]

function textOf(error: unknown): string {
  if (error instanceof CacheError) return `${error.code}: ${error.message}`
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

function tell({ stdout }: Surroundings, text: string): ExitCode {
  stdout.write(text)
  return 0
}

/** That of the package, whose folder is two above this one, as built and as source. */
function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

function help(): string {
  const lines = Object.values(commands).map(({ usage, summary }) => `  ${usage.padEnd(34)}${summary}`)
  return `usage: valkey-cache <command> [options]\n\n${lines.join('\n')}\n\n${common}`
}

function commandHelp({ usage, summary }: Command): string {
  return `usage: valkey-cache ${usage}\n\n  ${summary}\n\n${common}`
}

const common = `Which cache:
  --config FILE        a module whose default export is the options by name, or what createCaches returned
  --cache NAME         one of its caches (default)
  --django FILE.json   a Django settings object as JSON
  --location URL       addresses instead of a file; with --sentinels HOST:PORT,… and --service NAME
Without these: valkey-cache.config.mjs or .js in this folder, then VALKEY_CACHE_LOCATION, _SENTINELS, _SERVICE, _PASSWORD.

  --json               what is found, as JSON
  --strict             warnings exit with 1

Exits with 0 when all is well, 1 when something is wrong, 2 when it could not look.
`

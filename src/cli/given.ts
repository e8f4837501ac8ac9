import { parseArgs } from 'node:util'
import { ConfigurationError } from '../errors.js'

/** What the command line says beside the command's name. */
export interface Given {
  readonly arguments: readonly string[]
  readonly config: string | undefined
  readonly django: string | undefined
  readonly cache: string | undefined
  readonly location: string | undefined
  readonly sentinels: string | undefined
  readonly service: string | undefined
  readonly json: boolean
  readonly strict: boolean
  readonly help: boolean
  readonly watch: boolean
  readonly yes: boolean
  readonly cluster: boolean
  /** A whole number; `undefined`: the command's own. */
  readonly limit: number | undefined
  readonly seconds: number | undefined
  readonly shard: number | undefined
}

/** An option that not all commands take; `yes` and its like have no value. */
export type OwnOption = 'cluster' | 'limit' | 'seconds' | 'shard' | 'watch' | 'yes'

/** What a command takes. */
export interface Takes {
  /** Its own options, beside those that all commands take. @default none */
  readonly options?: readonly OwnOption[]
  /** How many arguments it takes: the fewest and the most. @default none */
  readonly arguments?: readonly [fewest: number, most: number]
}

/** Divides the command's name from its options, which may stand before it, and its arguments. Pure. */
export function divideArguments(args: readonly string[]): {
  readonly name: string | undefined
  readonly rest: readonly string[]
} {
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true })
  const name = tokens.find(({ kind }) => kind === 'positional')
  return name === undefined
    ? { name: undefined, rest: args }
    : { name: args[name.index], rest: args.toSpliced(name.index, 1) }
}

/**
 * Reads what stands beside the command's name.
 * @throws {ConfigurationError} E_CONFIG for an option that the command does not take, and for a wrong number of arguments
 */
export function readGiven(name: string, command: Takes, args: readonly string[]): Given {
  const { values, positionals } = parse(name, args, command.options ?? [])
  const [fewest, most] = command.arguments ?? [0, 0]
  if (!values.help && (positionals.length < fewest || positionals.length > most))
    throw new ConfigurationError(name, `takes ${countOf(fewest, most)}, got ${positionals.length}; see --help`)
  return {
    arguments: positionals,
    config: values.config,
    django: values.django,
    cache: values.cache,
    location: values.location,
    sentinels: values.sentinels,
    service: values.service,
    json: values.json === true,
    strict: values.strict === true,
    help: values.help === true,
    watch: values.watch === true,
    yes: values.yes === true,
    cluster: values.cluster === true,
    limit: wholeNumber(values.limit, '--limit'),
    seconds: wholeNumber(values.seconds, '--seconds'),
    shard: wholeNumber(values.shard, '--shard'),
  }
}

type Values = Readonly<{
  [Name in keyof typeof options]?: (typeof options)[Name]['type'] extends 'string' ? string : boolean
}>

function parse(
  name: string,
  args: readonly string[],
  own: readonly OwnOption[],
): { readonly values: Values; readonly positionals: readonly string[] } {
  const taken = Object.entries(options).filter(([option]) => !isOwn(option) || own.includes(option))
  try {
    const parsed = parseArgs({ args: [...args], options: Object.fromEntries(taken), allowPositionals: true })
    return parsed as { values: Values; positionals: string[] }
  } catch (error) {
    throw new ConfigurationError(name, `${(error as Error).message.replace(/\.$/, '')}; see --help`, { cause: error })
  }
}

function isOwn(option: string): option is OwnOption {
  return ownOptions.includes(option as OwnOption)
}

function wholeNumber(text: string | undefined, path: string): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new ConfigurationError(path, `expected a whole number, got '${text}'`)
}

function countOf(fewest: number, most: number): string {
  if (most === 0) return 'no arguments'
  if (fewest === most) return fewest === 1 ? 'one argument' : `${fewest} arguments`
  return most === Infinity ? `at least ${fewest}` : `${fewest} to ${most} arguments`
}

const options = {
  config: { type: 'string' },
  django: { type: 'string' },
  cache: { type: 'string' },
  location: { type: 'string' },
  sentinels: { type: 'string' },
  service: { type: 'string' },
  json: { type: 'boolean' },
  strict: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  watch: { type: 'boolean' },
  yes: { type: 'boolean' },
  cluster: { type: 'boolean' },
  limit: { type: 'string' },
  seconds: { type: 'string' },
  shard: { type: 'string' },
} as const

const ownOptions: readonly OwnOption[] = ['cluster', 'limit', 'seconds', 'shard', 'watch', 'yes']

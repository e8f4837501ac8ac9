import type { Value } from './command.js'
import { intentOf } from './command-table.js'

/**
 * The first key of a command, as it is written; `undefined` when it has none, or nobody here knows where it stands. Pure.
 * @param args the command's name and its arguments
 */
export function firstKeyOf([name = '', ...args]: readonly Value[]): string | undefined {
  const command = String(name).toLowerCase()
  const at = placeIn(command, args)
  const key = at === undefined ? undefined : args[at]
  return key === undefined ? undefined : String(key)
}

/** Where the first key stands behind the name. */
function placeIn(command: string, args: readonly Value[]): number | undefined {
  if (keyless.has(command)) return undefined
  const [at, count] = behindCount.get(command) ?? [elsewhere.get(command)?.(args), undefined]
  if (count !== undefined && !(Number(args[count]) > 0)) return undefined
  if (at !== undefined || elsewhere.has(command)) return at
  return intentOf(command, args) === undefined ? undefined : 0
}

/** They are about all keys, about none, or about a server. */
const keyless = new Set(
  'clusterscan cluster dbsize echo flushall flushdb function keys lolwut ping publish randomkey scan swapdb time'.split(
    ' ',
  ),
)

/** A number says how many keys follow: the place of the first key, and that of the number. */
const behindCount = new Map<string, readonly [at: number, count: number]>([
  ...'eval evalsha eval_ro evalsha_ro fcall fcall_ro'.split(' ').map((name) => [name, [2, 1]] as const),
  ...'lmpop msetex sintercard zdiff zinter zintercard zmpop zunion'.split(' ').map((name) => [name, [1, 0]] as const),
  ...'blmpop bzmpop'.split(' ').map((name) => [name, [2, 1]] as const),
])

/** Others whose first argument is no key; and those that the table of intents does not have. */
const elsewhere = new Map<string, (args: readonly Value[]) => number | undefined>([
  ...'watch spublish ssubscribe sunsubscribe'.split(' ').map((name) => [name, () => 0] as const),
  ...'bitop memory object pfdebug xgroup xinfo'.split(' ').map((name) => [name, () => 1] as const),
  ['migrate', () => 2],
  ...'xread xreadgroup'.split(' ').map((name) => [name, behindStreams] as const),
])

function behindStreams(args: readonly Value[]): number | undefined {
  const at = args.findIndex((word) => String(word).toLowerCase() === 'streams')
  return at < 0 ? undefined : at + 1
}

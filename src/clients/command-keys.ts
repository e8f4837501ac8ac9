import type { Value } from './command.js'
import { intentOf } from './command-table.js'

/**
 * The keys of a command, as they are written; none when it has none, or nobody here knows where they stand. Pure.
 * @param args the command's name and its arguments
 */
export function keysIn([name = '', ...args]: readonly Value[]): readonly string[] {
  const command = String(name).toLowerCase()
  const find = finders.get(command) ?? (intentOf(command, args) === undefined ? none : first)
  return find(args).map(String)
}

/** Gives the keys among what follows the name. */
type Find = (args: readonly Value[]) => readonly Value[]

const none: Find = () => []
const all: Find = (args) => args
const first: Find = (args) => args.slice(0, 1)
const second: Find = (args) => args.slice(1, 2)
const pairs: Find = (args) => args.filter((_, index) => index % 2 === 0)

/** A number says how many keys follow it. */
function behindCount(count: number, from: number, step = 1): Find {
  return (args) => args.slice(from, from + step * Number(args[count])).filter((_, index) => index % step === 0)
}

function behindStreams(args: readonly Value[]): readonly Value[] {
  const streams = args.slice(args.findIndex((word) => String(word).toLowerCase() === 'streams') + 1)
  return streams.length === args.length ? [] : streams.slice(0, Math.ceil(streams.length / 2))
}

/** Such commands end with where their result goes, if they store it. */
function firstAndStored(args: readonly Value[]): readonly Value[] {
  const stores = /^store(dist)?$/i.test(String(args.at(-2)))
  return stores && args.length > 2 ? [...first(args), ...args.slice(-1)] : first(args)
}

const finders: ReadonlyMap<string, Find> = new Map(
  (
    [
      [
        none,
        'clusterscan cluster dbsize echo flushall flushdb function keys lolwut ping publish randomkey scan swapdb time',
      ],
      [
        all,
        'del exists mget pfcount pfmerge sdiff sdiffstore sinter sinterstore sunion sunionstore touch unlink watch',
      ],
      [all, 'ssubscribe sunsubscribe'],
      [first, 'spublish'],
      [second, 'memory object pfdebug xgroup xinfo'],
      [pairs, 'mset msetnx'],
      [
        (args) => args.slice(0, 2),
        'blmove brpoplpush copy geosearchstore lcs lmove rename renamenx rpoplpush smove zrangestore',
      ],
      [(args) => args.slice(0, -1), 'blpop brpop bzpopmax bzpopmin'],
      [(args) => args.slice(1), 'bitop'],
      [(args) => args.slice(2, 3), 'migrate'],
      [behindCount(1, 2), 'blmpop bzmpop eval eval_ro evalsha evalsha_ro fcall fcall_ro'],
      [behindCount(0, 1), 'lmpop sintercard zdiff zinter zintercard zmpop zunion'],
      [behindCount(0, 1, 2), 'msetex'],
      [(args) => [...first(args), ...behindCount(1, 2)(args)], 'zdiffstore zinterstore zunionstore'],
      [behindStreams, 'xread xreadgroup'],
      [firstAndStored, 'georadius georadiusbymember sort'],
    ] as readonly (readonly [find: Find, names: string])[]
  ).flatMap(([find, names]) => names.split(' ').map((name) => [name, find] as const)),
)

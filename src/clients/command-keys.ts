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

/** The options behind `from` arguments, and where each ends: what one takes may be the word of another. */
function optionsIn(args: readonly Value[], from: number): readonly { word: string; end: number }[] {
  const options = []
  for (let index = from; index < args.length;) {
    const word = String(args[index]).toLowerCase()
    index += 1 + (argumentsOf.get(word) ?? 0)
    options.push({ word, end: index })
  }
  return options
}

/** All that follows an option without arguments. */
function behind(args: readonly Value[], from: number, option: string): readonly Value[] {
  const end = optionsIn(args, from).find(({ word }) => word === option)?.end
  return end === undefined ? [] : args.slice(end)
}

function behindStreams(args: readonly Value[]): readonly Value[] {
  const streams = behind(args, 0, 'streams')
  return streams.slice(0, Math.ceil(streams.length / 2))
}

/** The one key is empty where several follow. */
function migrated(args: readonly Value[]): readonly Value[] {
  return String(args[2]) === '' ? behind(args, 5, 'keys') : args.slice(2, 3)
}

/** The first key, and where the result goes if an option behind `from` arguments stores it; the last one counts. */
function firstAndStored(from: number): Find {
  return (args) => {
    const end = optionsIn(args, from).findLast(({ word }) => /^store(dist)?$/.test(word))?.end
    return end === undefined ? first(args) : [...first(args), ...args.slice(end - 1, end)]
  }
}

/** How many arguments these options have; others have none. */
const argumentsOf: ReadonlyMap<string, number> = new Map(
  Object.entries({
    auth: 1,
    auth2: 2,
    block: 1,
    by: 1,
    claim: 1,
    count: 1,
    get: 1,
    group: 2,
    limit: 2,
    store: 1,
    storedist: 1,
  }),
)

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
      [migrated, 'migrate'],
      [behindCount(1, 2), 'blmpop bzmpop eval eval_ro evalsha evalsha_ro fcall fcall_ro'],
      [behindCount(0, 1), 'lmpop sintercard zdiff zinter zintercard zmpop zunion'],
      [behindCount(0, 1, 2), 'msetex'],
      [(args) => [...first(args), ...behindCount(1, 2)(args)], 'zdiffstore zinterstore zunionstore'],
      [behindStreams, 'xread xreadgroup'],
      [firstAndStored(1), 'sort'],
      [firstAndStored(4), 'georadiusbymember'],
      [firstAndStored(5), 'georadius'],
    ] as readonly (readonly [find: Find, names: string])[]
  ).flatMap(([find, names]) => names.split(' ').map((name) => [name, find] as const)),
)

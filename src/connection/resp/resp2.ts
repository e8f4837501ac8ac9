import { ErrorReply, type EncodedCommand, type Push, type Reply } from '../connection.js'

/**
 * Gives the replies of a connection that speaks RESP2 the shapes that they have in RESP3, so that nobody above need know:
 * maps, sets, pairs and doubles of the commands in the table below, in MULTI too, and the messages of subscriptions, which
 * RESP2 sends as arrays. Replies to other commands stay as they come.
 */
export class Resp2Replies {
  /** How many channels of each kind the connection listens to, as the server counts them. */
  readonly #channels = { shard: 0, other: 0 }
  /** The commands behind a MULTI; `undefined` outside of it. */
  #queued: EncodedCommand['args'][] | undefined

  /** Whether the server sends messages: then it answers nothing but commands about subscriptions, and PING. */
  get listens(): boolean {
    return this.#channels.shard + this.#channels.other > 0
  }

  /**
   * The push that a reply is; `undefined` for a reply.
   * @param confirms whether the command whose reply is due is answered by pushes
   */
  pushOf(reply: Reply, confirms: boolean): Push | undefined {
    if (!(confirms || this.listens) || !Array.isArray(reply)) return undefined
    const [kind, , count] = reply
    if (typeof kind !== 'string' || !pushes.has(kind)) return undefined
    if (kind.endsWith('subscribe')) this.#channels[shardKinds.has(kind) ? 'shard' : 'other'] = Number(count)
    return reply
  }

  /** The reply to a command as RESP3 has it. */
  read(args: EncodedCommand['args'], reply: Reply): Reply {
    if (this.listens && Array.isArray(reply) && reply[0] === 'pong') return reply[1] || 'PONG'
    const name = nameOf(args)
    if (name === 'EXEC') return this.#executed(reply)
    if (reply instanceof ErrorReply) return reply
    if (name === 'MULTI') this.#queued = []
    else if (name === 'DISCARD' || name === 'RESET') this.#queued = undefined
    else if (this.#queued !== undefined) return this.#queue(args, reply)
    return asResp3(args, reply)
  }

  /** Its reply says that it was queued, and keeps that shape. */
  #queue(args: EncodedCommand['args'], reply: Reply): Reply {
    this.#queued?.push(args)
    return reply
  }

  /** EXEC ends the transaction, whatever its reply is. */
  #executed(reply: Reply): Reply {
    const queued = this.#queued ?? []
    this.#queued = undefined
    return Array.isArray(reply) ? reply.map((one, index) => asResp3(queued[index] ?? [], one)) : reply
  }
}

/** A reply in RESP2 as RESP3 has it, where the command is one of those in the table. Pure. */
export function asResp3(args: EncodedCommand['args'], reply: Reply): Reply {
  const name = nameOf(args)
  if (reply instanceof ErrorReply || !Object.hasOwn(shapes, name)) return reply
  return (shapes[name] as Shape)(reply, args.slice(1).map(String))
}

function nameOf([name = '']: EncodedCommand['args']): string {
  return String(name).toUpperCase()
}

/** Makes of a reply what RESP3 has; `words` are the arguments of the command. */
type Shape = (reply: Reply, words: readonly string[]) => Reply

const asIs: Shape = (reply) => reply
const map: Shape = (reply) => (Array.isArray(reply) ? new Map(pairsOf(reply)) : reply)
const set: Shape = (reply) => (Array.isArray(reply) ? new Set(reply) : reply)
const double: Shape = (reply) => (reply === null ? null : doubleOf(reply))
const doubles: Shape = (reply) => each(reply, double)
const pairs: Shape = (reply) => pairsOf(reply)
const scored: Shape = (reply) => pairsOf(reply).map(([member, score]) => [member, doubleOf(score)])
/** An array whose last element is a double, as of a key, a member and its score. */
const lastDouble: Shape = (reply) =>
  Array.isArray(reply) ? reply.map((one, index) => (index === reply.length - 1 ? doubleOf(one) : one)) : reply

/** Where a word stands among the options, which begin at a place. */
function where(word: string, from: number, shape: Shape): Shape {
  return (reply, words) => (words.slice(from).some((one) => one.toUpperCase() === word) ? shape : asIs)(reply, words)
}

function ofSubcommand(name: string, shape: Shape): Shape {
  return (reply, words) => (words[0]?.toUpperCase() === name ? shape : asIs)(reply, words)
}

/** With scores where the word stands behind the keys, whose number is the first argument. */
const scoredBehindKeys: Shape = (reply, words) => where('WITHSCORES', 1 + Number(words[0]), scored)(reply, words)

const scoredRange = where('WITHSCORES', 3, scored)
/** A popped member with its score, or several of them where a number was asked for. */
const popped: Shape = (reply, words) => (words.length > 1 ? scored : lastDouble)(reply, words)
/** A key, and members with their scores, each pair an array already. */
const poppedOf: Shape = (reply) =>
  Array.isArray(reply) ? [reply[0] as Reply, each(reply[1] as Reply, lastDouble)] : reply
const shard: Shape = (reply) =>
  new Map(pairsOf(reply).map(([name, value]) => [name, String(name) === 'nodes' ? each(value, map) : value]))
const streams: Shape = (reply) =>
  Array.isArray(reply) && reply.every((one) => Array.isArray(one)) ? new Map(reply as [Reply, Reply][]) : reply

const shapes: Readonly<Record<string, Shape>> = {
  HGETALL: map,
  HRANDFIELD: where('WITHVALUES', 2, pairs),
  CONFIG: ofSubcommand('GET', map),
  CLUSTER: ofSubcommand('SHARDS', (reply) => each(reply, shard)),
  SMEMBERS: set,
  SDIFF: set,
  SINTER: set,
  SUNION: set,
  SPOP: set,
  ZADD: where('INCR', 1, double),
  ZINCRBY: double,
  ZSCORE: double,
  ZMSCORE: doubles,
  ZRANK: where('WITHSCORE', 2, lastDouble),
  ZREVRANK: where('WITHSCORE', 2, lastDouble),
  ZRANGE: scoredRange,
  ZREVRANGE: scoredRange,
  ZRANGEBYSCORE: scoredRange,
  ZREVRANGEBYSCORE: scoredRange,
  ZRANDMEMBER: where('WITHSCORES', 2, scored),
  ZDIFF: scoredBehindKeys,
  ZINTER: scoredBehindKeys,
  ZUNION: scoredBehindKeys,
  ZPOPMIN: popped,
  ZPOPMAX: popped,
  BZPOPMIN: lastDouble,
  BZPOPMAX: lastDouble,
  ZMPOP: poppedOf,
  BZMPOP: poppedOf,
  GEOPOS: (reply) => each(reply, doubles),
  XREAD: streams,
  XREADGROUP: streams,
}

function each(reply: Reply, shape: Shape): Reply {
  return Array.isArray(reply) ? reply.map((one) => shape(one, [])) : reply
}

function pairsOf(reply: Reply): [Reply, Reply][] {
  const flat = Array.isArray(reply) ? reply : []
  return flat.flatMap((one, index) => (index % 2 === 0 ? [[one, flat[index + 1] as Reply]] : []))
}

function doubleOf(reply: Reply): number {
  const text = String(reply)
  return /inf/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text)
}

const shardKinds: ReadonlySet<string> = new Set(['ssubscribe', 'sunsubscribe'])
const pushes: ReadonlySet<string> = new Set(
  ['message', 'pmessage', 'smessage', 'subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe'].concat(...shardKinds),
)

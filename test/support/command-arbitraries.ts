import fc from 'fast-check'

/** A command as it is sent: its name and its arguments. */
export type Command = readonly (string | Uint8Array)[]

type Part = fc.Arbitrary<string | Uint8Array | Command>

/** Few, so that commands meet on them, whatever their types. */
export const keys = ['a', 'b', 'c', 'é *[k]\n']

const key = fc.constantFrom('a', 'a', ...keys)
const text = fc.constantFrom('', 'x', 'y', 'a b\r\n', 'ключ', '0', '7', '-1', '10.5')
const bytes = fc.uint8Array({ minLength: 1, maxLength: 3 }).map((array) => Buffer.from(array))
const value = fc.oneof({ weight: 6, arbitrary: text }, { weight: 1, arbitrary: bytes })
const member = fc.constantFrom('m', 'n', 'o', 'ö', '1', '')
const integer = fc.oneof(
  fc.integer({ min: -20, max: 20 }).map(String),
  fc.constantFrom(
    '9223372036854775807',
    '-9223372036854775808',
    '9007199254740993',
    '9223372036854775808',
    '+1',
    '01',
    '',
  ),
)
/** With a short binary form, so that a server adds them exactly on any processor. */
const whole = fc.constantFrom('5.', '-3', '1e2', '3.0e3', '+2', 'inf', '-inf', 'nan', '1e5000', 'x', ' 1', '')
const fraction = fc.constantFrom('0.5', '-0.25', '10.125', '.5', '1.5e1', '25e-2', '-7')
const score = fc.constantFrom('0', '1', '1.5', '-2', '1e3', '3', 'inf', '-inf', 'nan', 'x', '', '1e400')
/** Not 0 and not infinite: what is no number is then added in an order that only the server knows. */
const weight = fc.constantFrom('1', '2', '-1.5', 'nan', 'x')
const scoreEnd = fc.constantFrom('-inf', '+inf', '0', '1', '(1', '1.5', '(1.5', '3', '(inf', 'x', '(x')
const lexEnd = fc.constantFrom('-', '+', '[m', '(m', '[n', '(o', '[', '(', 'm', '')
const rank = fc.constantFrom('0', '1', '2', '-1', '-2', '-100', '100', 'x')
const count = fc.constantFrom('0', '1', '2', '100', '-1', 'x')
const glob = fc.constantFrom('*', 'm', '?', '[m-n]', '[^m]', 'a*', '\\*', '**', '', 'é*', '?*[*]*', '[')
/** Never twice the same, so that no comparison of two of them hangs on the ms in which a server was. */
const ttl = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1e6, max: 1e11 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('0', '-5', 'x', '', '9223372036854775807', '-9223372036854775808', '1e3') },
)
const time = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('4000000000000', '4000000001000', '5000000000000') },
  { weight: 1, arbitrary: fc.constantFrom('1', '0', '-1', 'x', '9223372036854775807') },
)

const words = (...all: readonly string[]): fc.Arbitrary<Command> =>
  fc.constantFrom(...all.map((word) => word.split(' ')))
const seq = (...parts: readonly Part[]): fc.Arbitrary<Command> => fc.tuple(...parts).map((all) => all.flat() as Command)
const some = (part: Part, most = 3, least = 0): fc.Arbitrary<Command> =>
  fc.array(part, { minLength: least, maxLength: most }).map((all) => all.flat() as Command)
const many = (part: Part): fc.Arbitrary<Command> => some(part, 4, 1)
const counted = (part: Part): fc.Arbitrary<Command> =>
  fc.oneof(
    {
      weight: 9,
      arbitrary: fc.array(part, { minLength: 1, maxLength: 3 }).map((all) => [String(all.length), ...all] as Command),
    },
    { weight: 1, arbitrary: seq(integer, part) },
  )

const setOption = fc.oneof(
  words('NX', 'xx', 'GET', 'KEEPTTL', 'EX', 'junk'),
  seq(words('EX', 'PX'), ttl),
  seq(words('pxat'), time),
)
/** With times that can be: a time that cannot is refused for absent keys too from Valkey 8.1 on, and was not before. */
const getexOption = words('PERSIST', 'KEEPTTL', 'EX 100000', 'px 100000000', 'PXAT 9999999999999')
const expireOption = words('NX', 'xx', 'GT', 'lt', 'junk')
const zaddOption = words('NX', 'xx', 'GT', 'lt', 'CH', 'incr')
const page = fc.oneof(
  words('WITHSCORES', 'LIMIT 1', 'junk'),
  seq(words('LIMIT'), fc.constantFrom('0', '1', '-1', 'x'), count),
)
const zrangeOption = fc.oneof(page, words('BYSCORE', 'bylex', 'REV'))
const scanOption = fc.oneof(seq(words('MATCH'), glob), words('COUNT 1000', 'COUNT 0', 'COUNT x', 'COUNT', 'junk'))
const weights = fc.oneof(
  seq(words('WEIGHTS'), many(weight)),
  words('AGGREGATE MIN', 'aggregate max', 'AGGREGATE SUM', 'AGGREGATE x', 'WITHSCORES'),
)
const limit = fc.oneof(words('LIMIT 0', 'LIMIT 1', 'LIMIT -1', 'LIMIT x', 'LIMIT', 'junk'))

type Grammar = Readonly<Record<string, fc.Arbitrary<Command>>>

const strings: Grammar = {
  GET: seq(key),
  MGET: many(key),
  SET: seq(key, value, some(setOption)),
  SETNX: seq(key, value),
  MSET: many(seq(key, value)),
  MSETNX: many(seq(key, value)),
  GETDEL: seq(key),
  GETEX: seq(key, some(getexOption, 1)),
  APPEND: seq(key, value),
  STRLEN: seq(key),
  INCR: seq(key),
  DECR: seq(key),
  INCRBY: seq(key, integer),
  DECRBY: seq(key, integer),
}

const expiry: Grammar = {
  EXPIRE: seq(key, ttl, some(expireOption, 2)),
  PEXPIRE: seq(key, ttl, some(expireOption, 2)),
  EXPIREAT: seq(key, time, some(expireOption, 2)),
  PEXPIREAT: seq(key, time, some(expireOption, 2)),
  PERSIST: seq(key),
  TTL: seq(key),
  PTTL: seq(key),
  EXPIRETIME: seq(key),
  PEXPIRETIME: seq(key),
}

const keyspace: Grammar = {
  EXISTS: many(key),
  TOUCH: many(key),
  DEL: many(key),
  UNLINK: many(key),
  TYPE: seq(key),
  RENAME: seq(key, key),
  RENAMENX: seq(key, key),
  KEYS: seq(glob),
  FLUSHDB: some(words('SYNC', 'async', 'junk'), 2),
}

const sets: Grammar = {
  SADD: seq(key, many(member)),
  SREM: seq(key, many(member)),
  SCARD: seq(key),
  SMEMBERS: seq(key),
  SISMEMBER: seq(key, member),
  SMISMEMBER: seq(key, many(member)),
  SMOVE: seq(key, key, member),
  SPOP: seq(key, some(count, 2)),
  SRANDMEMBER: seq(key, some(count, 2)),
  SUNION: many(key),
  SINTER: many(key),
  SDIFF: many(key),
  SUNIONSTORE: seq(key, many(key)),
  SINTERSTORE: seq(key, many(key)),
  SDIFFSTORE: seq(key, many(key)),
  SINTERCARD: seq(counted(key), some(limit, 1)),
}

const hashes: Grammar = {
  HSET: seq(key, many(seq(member, value))),
  HMSET: seq(key, many(seq(member, value))),
  HSETNX: seq(key, member, value),
  HGET: seq(key, member),
  HMGET: seq(key, many(member)),
  HGETALL: seq(key),
  HDEL: seq(key, many(member)),
  HLEN: seq(key),
  HKEYS: seq(key),
  HVALS: seq(key),
  HEXISTS: seq(key, member),
  HSTRLEN: seq(key, member),
  HINCRBY: seq(key, member, integer),
  HINCRBYFLOAT: seq(key, member, whole),
}

const zsets: Grammar = {
  ZADD: fc.oneof(
    seq(key, some(zaddOption, 2), many(seq(score, member))),
    seq(key, words('INCR', 'GT INCR', 'incr LT', 'NX INCR', 'XX INCR'), score, member),
  ),
  ZINCRBY: seq(key, score, member),
  ZREM: seq(key, many(member)),
  ZCARD: seq(key),
  ZSCORE: seq(key, member),
  ZMSCORE: seq(key, many(member)),
  ZRANK: seq(key, member, some(words('WITHSCORE', 'junk'), 1)),
  ZREVRANK: seq(key, member, some(words('WITHSCORE', 'junk'), 2)),
  ZPOPMIN: seq(key, some(count, 2)),
  ZPOPMAX: seq(key, some(count, 2)),
  ZRANDMEMBER: seq(key, some(count, 2), some(words('WITHSCORES', 'junk'), 1)),
  ZRANGE: fc.oneof(
    seq(key, rank, rank, some(zrangeOption, 2)),
    seq(key, scoreEnd, scoreEnd, words('BYSCORE'), some(zrangeOption, 2)),
  ),
  ZREVRANGE: seq(key, rank, rank, some(page, 1)),
  ZRANGEBYSCORE: seq(key, scoreEnd, scoreEnd, some(page, 2)),
  ZREVRANGEBYSCORE: seq(key, scoreEnd, scoreEnd, some(page, 2)),
  ZRANGESTORE: seq(key, key, scoreEnd, scoreEnd, words('BYSCORE', 'byscore REV', 'BYSCORE WITHSCORES')),
  ZCOUNT: seq(key, scoreEnd, scoreEnd),
  ZREMRANGEBYRANK: seq(key, rank, rank),
  ZREMRANGEBYSCORE: seq(key, scoreEnd, scoreEnd),
  ZUNION: seq(counted(key), some(weights, 2)),
  ZINTER: seq(counted(key), some(weights, 2)),
  ZDIFF: seq(counted(key), some(words('WITHSCORES', 'WEIGHTS 1'), 1)),
  ZUNIONSTORE: seq(key, counted(key), some(weights, 2)),
  ZINTERSTORE: seq(key, counted(key), some(weights, 2)),
  ZDIFFSTORE: seq(key, counted(key), some(words('WITHSCORES'), 1)),
  ZINTERCARD: seq(counted(key), some(limit, 1)),
}

const scans: Grammar = {
  SSCAN: seq(key, words('0', '0', 'x'), some(scanOption, 2)),
  HSCAN: seq(key, words('0', '0', 'x'), some(scanOption, 2)),
  ZSCAN: seq(key, words('0', '0', 'x'), some(scanOption, 2)),
}

const server: Grammar = {
  PING: some(text, 2),
  ECHO: seq(text),
}

/** Members with one score: what ranges by member are made for. */
const lexGrammar: Grammar = {
  ZADD: seq(key, many(seq(fc.constant('0'), member))),
  ZRANGE: seq(key, lexEnd, lexEnd, words('BYLEX', 'bylex REV'), some(page, 1)),
  ZRANGEBYLEX: seq(key, lexEnd, lexEnd, some(page, 1)),
  ZREVRANGEBYLEX: seq(key, lexEnd, lexEnd, some(page, 1)),
  ZLEXCOUNT: seq(key, lexEnd, lexEnd),
  ZREMRANGEBYLEX: seq(key, lexEnd, lexEnd),
  ZRANGESTORE: seq(key, key, lexEnd, lexEnd, words('BYLEX', 'bylex REV')),
}

/** Numbers that stay small. */
const fractionGrammar: Grammar = {
  SET: seq(key, fc.oneof(fraction, whole)),
  HSET: seq(key, member, fraction),
  PEXPIRE: seq(key, ttl),
  INCRBYFLOAT: seq(key, fc.oneof(fraction, whole)),
  HINCRBYFLOAT: seq(key, member, fraction),
}

/** Now and then a command has an argument too few or too many. */
function anyOf(grammar: Grammar): fc.Arbitrary<Command> {
  const slip = fc.integer({ min: -1, max: 40 })
  const forms = Object.entries(grammar).map(([name, args]) =>
    fc.tuple(args, slip).map(([words, bad]): Command => {
      if (bad === -1) return [name, ...words.slice(0, -1)]
      return bad === 0 ? [name.toLowerCase(), ...words, 'extra'] : [name, ...words]
    }),
  )
  return fc.oneof(...forms)
}

function sequenceOf(grammar: Grammar): fc.Arbitrary<Command[]> {
  return fc.array(anyOf(grammar), { minLength: 1, maxLength: 40, size: 'max' })
}

/** By what they are about: commands of one kind meet each other, those of all kinds meet the wrong types. */
export const commandsOf: Readonly<Record<string, fc.Arbitrary<Command[]>>> = {
  strings: sequenceOf({ ...strings, ...expiry }),
  expiry: sequenceOf({ ...expiry, SET: strings['SET']!, SADD: sets['SADD']! }),
  keys: sequenceOf({ ...keyspace, SET: strings['SET']!, HSET: hashes['HSET']! }),
  sets: sequenceOf({ ...sets, SSCAN: scans['SSCAN']! }),
  hashes: sequenceOf({ ...hashes, HSCAN: scans['HSCAN']! }),
  'sorted sets': sequenceOf({ ...zsets, ZSCAN: scans['ZSCAN']!, SADD: sets['SADD']! }),
  scores: sequenceOf({ ZADD: zsets['ZADD']!, ZINCRBY: zsets['ZINCRBY']!, ZREM: zsets['ZREM']! }),
  'ranges by member': sequenceOf(lexGrammar),
  fractions: sequenceOf(fractionGrammar),
  'all kinds': sequenceOf({ ...strings, ...expiry, ...keyspace, ...sets, ...hashes, ...zsets, ...scans, ...server }),
}

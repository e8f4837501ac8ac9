// Written by scripts/command-table.mjs from the COMMAND of Valkey 9.1.2; change the script, not this.

/** Flagged readonly. */
export const readNames: string = `
  bitcount bitfield_ro bitpos clusterscan dbsize dump eval_ro evalsha_ro exists expiretime fcall_ro geodist
  geohash geopos georadius_ro georadiusbymember_ro geosearch get getbit getrange hexists hexpiretime hget
  hgetall hkeys hlen hmget hpexpiretime hpttl hrandfield hscan hstrlen httl hvals keys lcs lindex llen lolwut
  lpos lrange memory|usage mget object|encoding object|freq object|idletime object|refcount pexpiretime pfcount
  pttl randomkey scan scard sdiff sinter sintercard sismember smembers smismember sort_ro srandmember sscan
  strlen substr sunion touch ttl type xinfo|consumers xinfo|groups xinfo|stream xlen xpending xrange xread
  xrevrange zcard zcount zdiff zinter zintercard zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore
  zrank zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion`

/** Flagged write. */
export const writeNames: string = `
  append bitfield bitop blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin cluster|flushslot copy
  decr decrby del delifeq expire expireat flushall flushdb function|delete function|flush function|load
  function|restore geoadd georadius georadiusbymember geosearchstore getdel getex getset hdel hexpire hexpireat
  hgetdel hgetex hincrby hincrbyfloat hmset hpersist hpexpire hpexpireat hset hsetex hsetnx incr incrby
  incrbyfloat linsert lmove lmpop lpop lpush lpushx lrem lset ltrim migrate move mset msetex msetnx persist
  pexpire pexpireat pfadd pfdebug pfmerge psetex rename renamenx restore restore-asking rpop rpoplpush rpush
  rpushx sadd sdiffstore set setbit setex setnx setrange sinterstore smove sort spop srem sunionstore swapdb
  unlink xack xadd xautoclaim xclaim xdel xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy
  xgroup|setid xreadgroup xsetid xtrim zadd zdiffstore zincrby zinterstore zmpop zpopmax zpopmin zrangestore
  zrem zremrangebylex zremrangebyrank zremrangebyscore zunionstore`

/** Flagged blocking. */
export const blockingNames: string = `
  blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin wait waitaof xread xreadgroup`

import type { Call } from '../command.js'
import { read, write } from './build.js'
import { nothing } from './replies.js'

export function ping(): Call<void> {
  return read([], ['PING'], nothing)
}

/** Empties the database; memory is given back beside other work. */
export function flushDatabase(): Call<void> {
  return write([], ['FLUSHDB', 'ASYNC'], nothing)
}

import type * as crypto from 'node:crypto'
import type * as dns from 'node:dns'
import type * as tls from 'node:tls'
import type * as v8 from 'node:v8'
import type * as zlib from 'node:zlib'

/**
 * Modules of Node that a plain cache does without. Each is loaded where it is first used: together they take a third of
 * the time of an import (bench/import).
 */
export const builtins = {
  get crypto(): typeof crypto {
    return process.getBuiltinModule('node:crypto')
  },
  get dns(): typeof dns {
    return process.getBuiltinModule('node:dns')
  },
  get tls(): typeof tls {
    return process.getBuiltinModule('node:tls')
  },
  get v8(): typeof v8 {
    return process.getBuiltinModule('node:v8')
  },
  get zlib(): typeof zlib {
    return process.getBuiltinModule('node:zlib')
  },
}

/**
 * Modules of Node that a plain cache does without. Each is loaded where it is first used: together they take a third of
 * the time of an import (bench/import).
 */
export const builtins = {
  get crypto(): typeof import('node:crypto') {
    return process.getBuiltinModule('node:crypto')
  },
  get tls(): typeof import('node:tls') {
    return process.getBuiltinModule('node:tls')
  },
  get v8(): typeof import('node:v8') {
    return process.getBuiltinModule('node:v8')
  },
  get zlib(): typeof import('node:zlib') {
    return process.getBuiltinModule('node:zlib')
  },
}

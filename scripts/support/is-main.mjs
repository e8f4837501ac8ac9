import { realpathSync } from 'node:fs'

/** Whether this module is the program that was started, not one that was imported. */
export function isMain({ filename }) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === filename
}

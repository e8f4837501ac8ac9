import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where PATH leads for this program; undefined when nowhere. */
export function which(program, folders = (process.env.PATH ?? '').split(delimiter)) {
  return folders.map((folder) => join(folder || '.', program)).find(isExecutable)
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

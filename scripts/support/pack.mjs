import { join } from 'node:path'
import { capture } from './run.mjs'

/**
 * Packs what is built into a folder, as npm would publish it.
 * @returns the tarball's path, its bytes when it is unpacked and how many files it has, or what went wrong
 */
export function pack(folder) {
  const args = ['pack', '--json', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder]
  const { ok, stdout, output } = capture('npm', args)
  if (!ok) return { problem: `npm pack failed:\n${output}` }
  const [{ filename, unpackedSize, entryCount }] = JSON.parse(stdout)
  return { tarball: join(folder, filename), unpackedSize, entryCount }
}

// Makes a fresh clone ready: dependencies, servers, build. Says what it does; does nothing that is done already.
import { setupDependencies } from './support/dependencies.mjs'
import { setupBuild } from './support/build.mjs'
import { isMain } from './support/is-main.mjs'
import { ensureValkey } from './setup-valkey.mjs'

/** Exit status of programs that need a server where none can be had. */
export const noServer = 2

/** @returns 0, or the exit status to end with */
export async function ensure({ build = true } = {}) {
  if (!(await setupDependencies())) return 1
  if (!ensureValkey()) return noServer
  return !build || (await setupBuild()) ? 0 : 1
}

if (isMain(import.meta)) process.exitCode = await ensure()

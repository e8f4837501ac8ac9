import { stat } from 'node:fs/promises'

/** What lies at the path of a unix socket; `hidden`: we may not look into its folder. */
export type AtPath = 'nothing' | 'folder' | 'file' | 'socket' | 'hidden'

/** Looks at what lies at a path. */
export async function lookAt(path: string): Promise<AtPath> {
  try {
    const found = await stat(path)
    return found.isSocket() ? 'socket' : found.isDirectory() ? 'folder' : 'file'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'hidden' : 'nothing'
  }
}

/** What to do about a unix socket that could not be connected to. */
export function socketAdvice(found: AtPath, code: string | undefined): string {
  if (found === 'folder') return 'the path is a folder; name the socket in it, as unixsocket of the server does'
  if (found === 'file') return 'the path is a file and no socket; name the socket, as unixsocket of the server does'
  if (found === 'hidden') return 'this process may not look into its folder; change the rights of the folder'
  if (found === 'nothing') return 'nothing is there; is the server up, and is this path its unixsocket?'
  if (code === 'EACCES') return 'this process may not write to the socket; set unixsocketperm of the server'
  return 'nobody listens on the socket; is the server up?'
}

/**
 * The longest path of a unix socket that systems take, in bytes.
 * @param platform as `process.platform`
 */
export function longestSocketPath(platform: NodeJS.Platform): number {
  return platform === 'linux' ? 107 : 103
}

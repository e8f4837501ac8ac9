import type { ServerConfig } from '../../src/lab/index.js'
import type { Lab, LabServer } from '../../src/lab/index.js'

/** A real server that speaks RESP2 only, for it does not know HELLO, as before Redis 6. */
export function serverWithoutHello(lab: Lab, config: ServerConfig = {}): Promise<LabServer> {
  return lab.server({ config: { ...withoutHello, ...config } })
}

export const withoutHello: ServerConfig = { 'rename-command': 'HELLO ""' }

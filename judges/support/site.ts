import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A site on loopback that takes requests until it is disposed of. */
export interface Site extends AsyncDisposable {
  /** Where it listens, such as `http://127.0.0.1:41234`. */
  readonly url: string
}

/** Serves an application of Express on a free port; the end of the site ends its connections too. */
export async function serve(app: RequestListener): Promise<Site> {
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

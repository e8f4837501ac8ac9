import type { CallOptions, Client } from '../../clients/client.js'
import type { KeptWrite } from '../../clients/command.js'
import type { KeptWrites } from './kept-writes.js'

/** A kept write that has failed once more. */
export interface FailedAgain {
  readonly write: KeptWrite
  readonly error: unknown
}

/** Sends kept writes side by side; those that have run are over. Resolves to those that have not. */
export async function sendKept(
  client: Pick<Client, 'execute'>,
  kept: KeptWrites,
  writes: readonly KeptWrite[],
  options?: CallOptions,
): Promise<readonly FailedAgain[]> {
  const failed: FailedAgain[] = []
  const sendOne = async (write: KeptWrite): Promise<void> => {
    try {
      await write.send((call) => client.execute(call, options))
      kept.ran(write)
    } catch (error) {
      failed.push({ write, error })
    }
  }
  await Promise.all(writes.map(sendOne))
  return failed
}

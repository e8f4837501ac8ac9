import { ErrorReply, type Connection, type EncodedCommand, type Reply } from '../../connection/connection.js'
import type { Milliseconds } from '../../units.js'
import { text } from './contact.js'

/** Commands of which a server is asked whether our user may run them. */
export type Rights = readonly (readonly string[])[]

/** Asks for the name of our user. */
export const userQuestion: EncodedCommand = text('ACL', 'WHOAMI')

/**
 * Asks a server which of these commands our user may not run.
 * @param user the answer to {@link userQuestion}
 * @returns their names; `undefined` where that cannot be known
 */
export async function askRights(
  connection: Connection,
  rights: Rights = [],
  { user, deadline }: { readonly user: Reply | undefined; readonly deadline: Milliseconds },
): Promise<readonly string[] | undefined> {
  if (typeof user !== 'string' || rights.length === 0) return undefined
  const asked = rights.map((args) => text('ACL', 'DRYRUN', user, ...args))
  return refusedOf(await connection.batch(asked, { deadline }), rights)
}

/** What is allowed is answered with OK, what is not with a text that says so. A command that is not known is an error. */
function refusedOf(answers: readonly Reply[], rights: Rights): readonly string[] | undefined {
  if (answers.some((answer) => answer instanceof ErrorReply && answer.code === 'NOPERM')) return undefined
  const refused = rights.filter((_, index) => typeof answers[index] === 'string' && answers[index] !== 'OK')
  return refused.map(commandName)
}

/** The name of a command, with that of its part where it has parts, such as `CLIENT TRACKING`. Pure. */
export function commandName([name = '', part]: readonly string[]): string {
  return ['CLIENT', 'CLUSTER', 'SENTINEL'].includes(name) && part !== undefined ? `${name} ${part}` : name
}

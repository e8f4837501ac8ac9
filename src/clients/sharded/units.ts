import type { EncodedCommand, Reply } from '../../connection/connection.js'
import { ErrorReply } from '../../connection/connection.js'

/** Commands that are redirected together: one by itself, or a transaction from its MULTI to its EXEC. */
export type Unit = readonly EncodedCommand[]

/** The name of a command, in capitals. */
export function nameOf({ args }: EncodedCommand): string {
  return String(args[0]).toUpperCase()
}

/** Cuts commands into units; `undefined` when a transaction does not begin and end among them. Pure. */
export function unitsOf(commands: readonly EncodedCommand[]): readonly Unit[] | undefined {
  const units: EncodedCommand[][] = []
  let open: EncodedCommand[] | undefined
  for (const command of commands) {
    const name = nameOf(command)
    if (open === undefined) units.push((open = [command]))
    else open.push(command)
    if (name === 'DISCARD' || (name === 'EXEC' && open.length === 1)) return undefined
    if (name === 'EXEC' || nameOf(open[0] as EncodedCommand) !== 'MULTI') open = undefined
  }
  return open === undefined ? units : undefined
}

/** Whether a unit is a transaction. */
export function isTransaction(unit: Unit): boolean {
  return unit.length > 1
}

/** The first reply of a unit that says it has not run because of its slot: MOVED, ASK or TRYAGAIN. Pure. */
export function slotErrorIn(replies: readonly Reply[]): ErrorReply | undefined {
  return replies.find((reply) => reply instanceof ErrorReply && slotCodes.has(reply.code)) as ErrorReply | undefined
}

/** What a transaction of a watched key that has changed is answered. Pure. */
export function unrun(unit: Unit): Reply[] {
  return unit.map((_, index) => (index === 0 ? 'OK' : index === unit.length - 1 ? null : 'QUEUED'))
}

const slotCodes = new Set(['MOVED', 'ASK', 'TRYAGAIN'])

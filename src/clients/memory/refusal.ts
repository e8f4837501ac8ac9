import { ErrorReply } from '../../connection/connection.js'

/** Thrown by a command that a server would answer with an error; nothing has been changed by it then. */
export class Refusal extends Error {
  readonly reply: ErrorReply

  constructor(message: string) {
    super(message)
    this.reply = new ErrorReply(message)
  }
}

export const syntaxError = (): Refusal => new Refusal('ERR syntax error')
export const wrongType = (): Refusal => new Refusal('WRONGTYPE Operation against a key holding the wrong kind of value')
export const notAnInteger = (): Refusal => new Refusal('ERR value is not an integer or out of range')
export const outOfMemory = (): Refusal =>
  new Refusal("OOM command not allowed when used memory > 'maxmemory': it would leave no room for anything else")
export const wrongArity = (name: string): Refusal =>
  new Refusal(`ERR wrong number of arguments for '${name.toLowerCase()}' command`)

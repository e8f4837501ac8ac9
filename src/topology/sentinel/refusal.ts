import type { Address } from '../../connection/connection.js'
import { AuthenticationError } from '../../errors.js'
import { sentinelChannels } from './events.js'

/**
 * What a sentinel's refusal of our credentials or rights means, and what to do about it: whoever reads the error
 * has two kinds of servers with credentials of their own. Any other error stays what it is. Pure.
 */
export function explainRefusal(address: Address, error: unknown): unknown {
  if (!(error instanceof AuthenticationError)) return error
  const advice = adviceFor(error.message)
  return advice === undefined ? error : new AuthenticationError(address, `this sentinel ${advice}`, { cause: error })
}

function adviceFor(message: string): string | undefined {
  if (message.includes('NOAUTH')) return 'asks for a password (NOAUTH); give it in sentinelOptions.password'
  if (message.includes('WRONGPASS'))
    return 'refuses the username or password (WRONGPASS); correct them in sentinelOptions'
  if (!message.includes('NOPERM')) return undefined
  const rule = ruleFor(message)
  return `does not let our user ${rule.command} (NOPERM); allow it with ACL SETUSER <user> ${rule.acl}`
}

function ruleFor(message: string): { readonly command: string; readonly acl: string } {
  const [, command = '', question] = /: (\w+)(?: ([\w-]+))? was refused/.exec(message) ?? []
  if (message.includes('channel')) return { command: 'listen to its messages', acl: channelRules }
  if (command === 'SENTINEL')
    return { command: `run SENTINEL ${question}`, acl: `+sentinel|${question?.toLowerCase()}` }
  return { command: `run ${command}`, acl: `+${command.toLowerCase()}` }
}

const channelRules = sentinelChannels.map((channel) => `&${channel}`).join(' ')

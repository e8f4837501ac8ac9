import type { CallOptions as ClientCallOptions, Client } from '../../clients/client.js'
import type { NewExpiry } from '../../clients/commands/entries.js'
import { get } from '../../clients/commands/strings.js'
import {
  expireHerdEntry,
  persistHerdEntry,
  removeHerdEntry,
  replaceHerdEntry,
  type HerdExpiry,
} from '../../clients/commands/herd-entries.js'
import type { Freshness } from '../../codec/frame.js'
import { softDeadline } from '../../codec/herd.js'
import { wallClock, type Milliseconds } from '../../units.js'
import type { Operation } from '../operation.js'
import type { CallOptions } from '../options.js'
import { forClient, type OperationContext } from './context.js'
import type { DjangoHerd } from './django-herd.js'

/** Whose expiry is changed, and by which operation. */
export interface HerdTarget {
  readonly operation: Operation<boolean>
  readonly made: string
  readonly options: CallOptions
}

/**
 * Gives an entry of a herd cache another expiry; `none` says that it is to have none and had none.
 * Shape: one script, which writes the new deadline into the pickle. Where it cannot, since the value is compressed or is
 * to get or lose its tuple, the value is read and written anew, unless it has changed meanwhile: then once more.
 */
export function changeHerdExpiry(
  context: OperationContext,
  herd: DjangoHerd,
  target: HerdTarget,
  expiry: NewExpiry,
): Promise<HerdExpiry | boolean> {
  const { operation, made, options } = target
  const limits = forClient(options)
  const remaining = context.remaining(limits)
  const change = async (): Promise<HerdExpiry | boolean> => {
    if (expiry[0] !== 'never' && left(expiry) <= 0)
      return context.runner.run(removeHerdEntry(herd.timeout, made), limits)
    const outcome = await context.runner.run(changeOf(herd, made, expiry), limits)
    return outcome === 'repack' ? repack(context.client, herd, made, expiry, remaining) : outcome
  }
  return context.orAnswer(operation, options, change())
}

function changeOf(
  { timeout }: DjangoHerd,
  made: string,
  [kind, ms = 0]: NewExpiry,
): ReturnType<typeof expireHerdEntry> {
  if (kind === 'never') return persistHerdEntry(timeout, made)
  const command = kind === 'in' ? 'PEXPIRE' : 'PEXPIREAT'
  return expireHerdEntry(timeout, made, { command, ms, seconds: softDeadline(left([kind, ms])) })
}

async function repack(
  client: Client,
  { timeout, repack: repacked }: DjangoHerd,
  made: string,
  expiry: NewExpiry,
  remaining: () => ClientCallOptions,
): Promise<HerdExpiry> {
  const atPrimary = (): ClientCallOptions => ({ ...remaining(), readFrom: 'primary' })
  for (;;) {
    const stored = await client.execute(get(made, 'buffer'), atPrimary())
    if (stored === undefined) return 'absent'
    const value = await repacked(stored, freshnessOf(expiry))
    if (await client.execute(replaceHerdEntry(made, stored, value, expiresOf(expiry, timeout)), atPrimary()))
      return 'done'
  }
}

function freshnessOf(expiry: NewExpiry): Freshness {
  return { until: 0, ttl: expiry[0] === 'never' ? 0 : left(expiry) }
}

/** For how long that is, by this host's clock. */
function left([kind, ms]: Exclude<NewExpiry, readonly ['never']>): Milliseconds {
  return kind === 'in' ? ms : ms - wallClock.now()
}

function expiresOf(
  [kind, ms = 0]: NewExpiry,
  timeout: Milliseconds,
): readonly ['PX' | 'PXAT', Milliseconds] | readonly [] {
  if (kind === 'never') return []
  return [kind === 'in' ? 'PX' : 'PXAT', ms + timeout]
}

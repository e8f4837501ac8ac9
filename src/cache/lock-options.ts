import { ConfigurationError } from '../errors.js'
import { show, toMilliseconds, type Duration, type Milliseconds } from '../units.js'
import type { CallOptions, Unanswered } from './options.js'
import { resolveTtl, type Ttl } from './ttl.js'

/** How a lock is taken and held. `deadline` bounds each of its commands; `signal` ends the waiting of `acquire`. */
export interface LockOptions extends Unanswered<CallOptions> {
  /**
   * How long the lock is held at most when nobody releases or extends it, in ms or as a literal, more than 0. `null` is
   * until it is released: after a crash that is for ever. @default '30s'
   */
  readonly ttl?: Ttl | undefined
  /** How long `acquire` waits while somebody else holds it, in ms or as a literal; 0 is one try. @default '5s' */
  readonly wait?: Duration | undefined
  /**
   * Whether the ttl is renewed each third of it, for as long as the lock is held and this process lives. What `extend`
   * made longer is never shortened. @default false
   */
  readonly autoExtend?: boolean | undefined
  /** Whether each holder gets a number that is greater than those of all before; needs a second key. @default false */
  readonly fence?: boolean | undefined
}

export interface ResolvedLockOptions {
  /** `undefined`: until it is released. */
  readonly ttl: Milliseconds | undefined
  readonly wait: Milliseconds
  readonly autoExtend: boolean
  readonly fence: boolean
  readonly deadline: Milliseconds | undefined
  readonly signal: AbortSignal | undefined
}

/** @throws {ConfigurationError} E_CONFIG with the option's name */
export function resolveLockOptions({
  ttl = '30s',
  wait = '5s',
  autoExtend = false,
  fence = false,
  deadline,
  signal,
}: LockOptions): ResolvedLockOptions {
  if (autoExtend && ttl === null)
    throw new ConfigurationError('lock.autoExtend', 'there is no ttl to extend; give the lock one, or drop autoExtend')
  return Object.freeze({
    ttl: resolveLockTtl(ttl),
    wait: resolveWait(wait),
    autoExtend,
    fence,
    deadline: deadline === undefined ? undefined : toMilliseconds(deadline, 'lock.deadline'),
    signal,
  })
}

function resolveLockTtl(ttl: Ttl): Milliseconds | undefined {
  const resolved = resolveTtl(ttl, 'lock.ttl')
  if (resolved === undefined || resolved > 0) return resolved
  throw new ConfigurationError('lock.ttl', `must be more than 0 ms, got ${show(ttl)}; null is until it is released`)
}

function resolveWait(wait: Duration): Milliseconds {
  const ms = toMilliseconds(wait, 'lock.wait')
  if (ms >= 0) return ms
  throw new ConfigurationError('lock.wait', `must be at least 0 ms, got ${show(wait)}; 0 is one try`)
}

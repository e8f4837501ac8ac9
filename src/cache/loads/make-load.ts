import type { Client } from '../../clients/client.js'
import type { Codec } from '../../codec/codec.js'
import { ClosedError } from '../../errors.js'
import type { CacheTelemetry } from '../../telemetry/cache-telemetry.js'
import type { FailSafe } from '../fail-safe.js'
import type { Loader } from '../options.js'
import type { ServerTime } from '../server-time.js'
import { Load } from './load.js'
import { announced, type LoadGuard, type MakeGuard } from './load-guard.js'
import type { LoadRequest } from './load-request.js'
import { WriteBack, type WriteBackParts } from './write-back.js'

/** What the loads of a cache are made with. */
export interface LoadMakerParts {
  /** The client itself: a write back must not be taken for a write that detaches its own load. */
  readonly client: Client
  readonly codec: Codec
  readonly time: ServerTime
  readonly failSafe: FailSafe
  /** Makes the guard of a load that other processes may run too. @default loads of other processes are their concern */
  readonly guard?: MakeGuard | undefined
  /** Whether a key is deleted and its server does not know yet. */
  readonly isDeleted: (key: string) => boolean
  readonly telemetry: CacheTelemetry
}

/** What a load is to be made of. */
export interface NewLoad {
  /** The key as the server knows it. */
  readonly key: string
  readonly loader: Loader<unknown>
  readonly request: LoadRequest
  /** The stale value that is there, for the loader. */
  readonly stale: unknown
  /** The loads of the key that go on in this process. */
  readonly older: readonly Load[]
  /** Told just before the value is handed to the client to be written. */
  readonly onWrite: (load: Load) => void
  /** Told when another process has written the key while the loader ran, or may load it too. */
  readonly onLost: (load: Load) => void
}

/** Makes a load, with what guards it and what writes its value back; it has not begun. */
export function makeLoad(parts: LoadMakerParts, one: NewLoad): Load {
  const { codec, failSafe, telemetry } = parts
  const { key, loader, stale, onWrite, onLost } = one
  const { operation, policy } = one.request
  const guard = guardOf(parts, one)
  const load: Load = new Load({
    key,
    operation,
    loader,
    telemetry,
    codec,
    guard,
    writeBack: writeBackOf(parts, one, guard),
    stale,
    deadline: policy.loaderDeadline,
    onWrite: () => onWrite(load),
    onLost: () => onLost(load),
    onFailedWrite: (error, awaited) => {
      if (error instanceof ClosedError) return
      if (awaited) failSafe.survive(operation, error)
      else failSafe.notKept(operation, error, key)
    },
  })
  return load
}

/**
 * Beside an older load that goes on in this process although a caller's deadline is over, a load has that one's turn: its
 * loader may never end.
 */
function guardOf(parts: LoadMakerParts, { key, request, older }: NewLoad): LoadGuard | undefined {
  const { replaces, operation, onEnter } = request
  if (parts.guard === undefined || replaces === undefined) return undefined
  for (const load of older) {
    const guard = load.guardBeside(replaces)
    if (guard !== undefined) return guard
  }
  const guard = parts.guard(key, request, (error) => parts.failSafe.survive(operation, error))
  return guard === undefined || onEnter === undefined ? guard : announced(guard, onEnter)
}

function writeBackOf(parts: LoadMakerParts, { key, request }: NewLoad, guard: LoadGuard | undefined): WriteBack {
  const { client, codec, time, failSafe, isDeleted } = parts
  const { operation, policy, ttl, replaces, tags, writer } = request
  const execute: WriteBackParts['execute'] = (call, aborting) => {
    if (guard === undefined && writer !== undefined) return writer.execute(call, aborting)
    const { signal } = aborting
    return guard === undefined ? client.execute(call, { signal }) : guard.write(call, { signal })
  }
  return new WriteBack({
    key,
    execute,
    guarded: guard !== undefined,
    codec,
    time,
    policy,
    ttl,
    replaces,
    tags,
    isDeleted,
    onOutage: (error) => failSafe.survive(operation, error),
    onNoStamp: (error) => failSafe.withoutStamp(operation, error),
  })
}

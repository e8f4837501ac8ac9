import { numberOf } from '../../telemetry/cache-telemetry.js'
import { cacheChannel } from '../../telemetry/channels.js'
import { isTraced } from '../../telemetry/trace.js'
import type { Operations } from './base.js'
import type { Group } from './combine.js'
import type { OperationContext } from './context.js'

/**
 * Has the calls of each operation of a class counted, and told to the channel of calls where somebody listens. Changes
 * the class.
 */
export function observed<Of extends Operations>(group: Group<Of>): Group<Of> {
  for (const name of Object.keys(group.operations)) {
    const known = Object.getOwnPropertyDescriptor(group.prototype, name)
    if (known === undefined) throw new TypeError(`The operation ${name} has no method.`)
    Object.defineProperty(group.prototype, name, { ...known, value: observedMethod(name, known.value as Method) })
  }
  return group
}

/** What the method of a cache is called on. */
interface Called {
  readonly context: OperationContext
}

type Method = (this: Called, a?: unknown, b?: unknown, c?: unknown, d?: unknown) => unknown

/**
 * Hot path: while nobody listens no promise is made (`test/unit/promises.test.ts`), and no array of arguments, of which no
 * operation has more than four. It keeps the name, for traces of errors.
 */
function observedMethod(name: string, method: Method): Method {
  const number = numberOf(name)
  const methods: Readonly<Record<string, Method>> = {
    [name](a, b, c, d) {
      const { telemetry } = this.context
      telemetry.called(number)
      if (!isTraced(cacheChannel)) return method.call(this, a, b, c, d)
      return telemetry.traceCall(name, () => method.call(this, a, b, c, d))
    },
  }
  return methods[name] as Method
}

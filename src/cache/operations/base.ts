import type { Key } from '../../keys/key-maker.js'
import type { CallOptions } from '../options.js'
import type { OperationContext } from './context.js'

/** What every group of operations stands on. A group has methods and no fields of its own; what it works with is the context. */
export abstract class Operations {
  protected readonly context: OperationContext

  constructor(context: OperationContext) {
    this.context = context
  }

  /** Makes the key as the server knows it. Asks nobody. */
  makeKey(key: Key, { version }: Pick<CallOptions, 'version'> = {}): string {
    return this.context.keys.make(key, version)
  }
}

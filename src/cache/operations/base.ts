import type { Key } from '../../keys/key-maker.js'
import { keyOptions } from '../option-checks.js'
import { checkOptions } from '../option-table.js'
import { noOptions, type CallOptions } from '../options.js'
import type { OperationContext } from './context.js'

/** What every group of operations stands on. A group has methods and no fields of its own; what it works with is the context. */
export abstract class Operations {
  protected readonly context: OperationContext

  constructor(context: OperationContext) {
    this.context = context
  }

  /** Makes the key as the server knows it. Asks nobody. */
  makeKey(key: Key, options: Pick<CallOptions, 'version'> = noOptions): string {
    if (options !== noOptions) checkOptions('makeKey', keyOptions, options)
    return this.context.keys.make(key, options.version)
  }
}

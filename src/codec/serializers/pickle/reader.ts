import { defaultMaxValues } from '../../bounds.js'
import { Input } from './input.js'
import { Machine } from './machine.js'
import { opcode, opcodeName } from './opcodes.js'
import { operationOf } from './operations.js'
import { refuse } from './refuse.js'

/**
 * The value in a pickle of the protocols 0 to 5. Nothing in it can run anything: it consists of instructions, those on
 * our list are carried out, and classes are names for which we have code of our own.
 * Units: time grows with the bytes; memory too, and it is bounded by `maxValues`.
 * @throws {CodecError} E_CODEC for more values, with a TooManyValuesError as its cause, and for everything else
 */
export function readPickle(bytes: Uint8Array, maxValues: number = defaultMaxValues): unknown {
  const machine = new Machine(new Input(bytes), maxValues)
  for (let code = machine.input.byte(); code !== opcode.STOP; code = machine.input.byte()) {
    const operation =
      operationOf[code] ?? refuse(`its instruction ${opcodeName(code)} is not on the list of what is read`)
    operation(machine)
  }
  return machine.finish()
}

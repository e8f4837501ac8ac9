import type { Serializer } from '../../serializer.js'
import { readPickle } from './reader.js'
import { writePickle } from './writer.js'

/** What it writes is always bytes. */
export interface PickleSerializer extends Serializer {
  /** Returns the bytes that CPython's pickler writes for the same value. */
  serialize(value: unknown): Buffer
}

/**
 * Python's pickle, Django's default: reads every protocol, writes protocol 4. It reads and writes the types of
 * docs/pickle.md, and never executes anything.
 */
export const pickleSerializer: PickleSerializer = {
  name: 'pickle',
  serialize: (value) => writePickle(value, 4),
  deserialize: readPickle,
}

/** As {@link pickleSerializer}, but writes protocol 5, the default of Python from 3.14 on. */
export const pickle5Serializer: PickleSerializer = {
  ...pickleSerializer,
  serialize: (value) => writePickle(value, 5),
}

export { PyBytearray, PyFrozenset, PyOrderedDict, PyTuple } from './types/collections.js'
export {
  PyDate,
  PyDateTime,
  PyTime,
  PyTimedelta,
  PyTimezone,
  PyZoneInfo,
  type PyTimedeltaParts,
  type PyTimeParts,
  type PyTzinfo,
} from './types/datetime.js'
export { PyDecimal, PyHerdMarker, PySafeString, PyUuid } from './types/scalars.js'

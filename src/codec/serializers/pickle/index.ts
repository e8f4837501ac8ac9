import type { Serializer } from '../../serializer.js'
import { readPickle } from './reader.js'
import { writePickle } from './writer.js'

/** Python's pickle, Django's default: reads what Python writes of the types in docs/pickle.md, and executes nothing. */
export const pickleSerializer: Serializer = { name: 'pickle', serialize: writePickle, deserialize: readPickle }

export { PyBytearray, PyFrozenset, PyOrderedDict, PyTuple } from './types/collections.js'
export { PyDate } from './types/date.js'
export { PyDateTime } from './types/datetime.js'
export { PyDecimal, PyHerdMarker, PySafeString, PyUuid } from './types/scalars.js'
export { PyTime, type PyTimeParts } from './types/time.js'
export { PyTimedelta, type PyTimedeltaParts } from './types/timedelta.js'
export { PyTimezone, PyZoneInfo, type PyTzinfo } from './types/zones.js'

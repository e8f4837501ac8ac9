import { combine, type Group } from './combine.js'
import { Counters } from './counters.js'
import { EscapeHatches } from './escape-hatches.js'
import { Expiry } from './expiry.js'
import { Hashes } from './hashes.js'
import { KeySpace } from './key-space.js'
import { Loading } from './loading.js'
import { LoadingMany } from './loading-many.js'
import { observed } from './observed.js'
import { Scans } from './scans.js'
import { Sets } from './sets.js'
import { SortedSets } from './sorted-sets.js'
import { Tagging } from './tagging.js'
import { Values } from './values.js'

/** All groups of operations in one. */
export type AllOperations = Values &
  Counters &
  Expiry &
  Sets &
  Hashes &
  SortedSets &
  Scans &
  KeySpace &
  Loading &
  LoadingMany &
  Tagging &
  EscapeHatches

export const AllOperations: Group<AllOperations> = observed(
  combine(
    Values,
    Counters,
    Expiry,
    Sets,
    Hashes,
    SortedSets,
    Scans,
    KeySpace,
    Loading,
    LoadingMany,
    Tagging,
    EscapeHatches,
  ),
)

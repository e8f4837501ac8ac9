import { combine, type Group } from './combine.js'
import { EscapeHatches } from './escape-hatches.js'
import { KeySpace } from './key-space.js'
import { Loading } from './loading.js'
import { LoadingMany } from './loading-many.js'
import { observed } from './observed.js'
import { Scans } from './scans.js'
import { SingleCommands } from './single-commands.js'
import { Tagging } from './tagging.js'

/** All groups of operations in one. */
export type AllOperations = SingleCommands & Scans & KeySpace & Loading & LoadingMany & Tagging & EscapeHatches

export const AllOperations: Group<AllOperations> = observed(
  combine(SingleCommands, Scans, KeySpace, Loading, LoadingMany, Tagging, EscapeHatches),
)

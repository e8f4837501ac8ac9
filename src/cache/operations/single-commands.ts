import { combine, type Group } from './combine.js'
import { Counters } from './counters.js'
import { Expiry } from './expiry.js'
import { Hashes } from './hashes.js'
import { Sets } from './sets.js'
import { SortedSets } from './sorted-sets.js'
import { Values } from './values.js'

/** The groups whose operations a pipeline takes: each of them is one command. */
export type SingleCommands = Values & Counters & Expiry & Sets & Hashes & SortedSets

export const SingleCommands: Group<SingleCommands> = combine(Values, Counters, Expiry, Sets, Hashes, SortedSets)

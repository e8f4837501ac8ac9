import type { Check } from '../check.js'
import { clusterChecks } from './cluster.js'
import { memoryChecks } from './memory.js'
import { nodeChecks } from './nodes.js'
import { rights } from './rights.js'
import { sentinelChecks } from './sentinels.js'
import { serverChecks } from './servers.js'
import { zones } from './zones.js'

/** Every check, in the order in which its findings are told. */
export const allChecks: readonly Check[] = [
  ...sentinelChecks,
  ...nodeChecks,
  ...clusterChecks,
  ...serverChecks,
  ...memoryChecks,
  zones,
  rights,
]
